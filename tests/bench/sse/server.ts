/**
 * The server process of the scenario `sse`: serves, emits when it is told to, and tells what that took.
 *
 * @module
 */

import { linesOf } from "../../chaos/worker_line.ts";
import { emitAll } from "./emission.ts";
import { serverSettings, tell } from "./lines.ts";
import { serveNaive } from "./naive.ts";
import { serveTidemark } from "./tidemark.ts";

if (import.meta.main) await main();

async function main(): Promise<void> {
  const settings = serverSettings.parse(JSON.parse(Deno.args[0] ?? ""));
  const { port, path, emit } = settings.kind === "naive"
    ? serveNaive()
    : await serveTidemark(settings.url);
  tell({ port, path, ...memory() });
  const commands = linesOf(Deno.stdin.readable.getReader());
  await commands.next();
  const emission = await emitAll(settings, emit);
  tell({ ...memory(), ...emission });
  // Its clients still read; it ends when its standard input does.
  await commands.next();
  Deno.exit();
}

/** Without what is garbage: the process is started with `--expose-gc`. */
function memory(): { readonly rssBytes: number; readonly heapBytes: number } {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect === "function") collect();
  const { rss, heapUsed } = Deno.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed };
}
