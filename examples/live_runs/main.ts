/**
 * A page that starts a run and shows its events as they happen. Reload it, cut its network, kill this program and start
 * it again: the page shows every event once, in order, and says so where that cannot be. Open http://127.0.0.1:7071/, or
 * http://127.0.0.1:7071/docs for all routes. Port and file can be given behind the name of the program.
 *
 *   deno run --allow-read=. --allow-write=. --allow-net=127.0.0.1:7071 examples/live_runs/main.ts    # Ctrl-C ends it
 *
 * @module
 */

import { connect, RunManager, serveHttp } from "@tidemark/tidemark";
import { mandelbrot } from "./mandelbrot.ts";
import { pageRoutes } from "./page_routes.ts";

const [port = "7071", file = "live_runs.db"] = Deno.args;
await using broker = await connect(`sqlite:${file}`); // or a server: redis://127.0.0.1:6379

// A run whose process was killed is marked as interrupted by the next one, after 1 to 3 leases.
await using runs = new RunManager({ broker, kinds: [mandelbrot], leaseMs: 1_000 });
await using http = await serveHttp({
  broker,
  runs,
  routes: [await pageRoutes()],
  port: Number(port),
});

const end = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end.resolve);
console.log(`Open ${http.address.url}`);
await end.promise;

// Prints:
// Open http://127.0.0.1:7071
