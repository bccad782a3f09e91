/**
 * Tests of `serveHttp`: what is served by which options, where it cannot listen, and how it ends.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  defineRun,
  type HttpService,
  InvalidOptionError,
  PermissionMissingError,
  PortTakenError,
  type RouteGroup,
  RunManager,
  serveHttp,
  type ServeHttpOptions,
} from "../../mod.ts";
import { listenError } from "../../src/service/listen_error.ts";
import { VERSION } from "../../src/telemetry/version.ts";
import { eventually } from "../support/eventually.ts";

/** Goes on until it is cancelled. */
const wait = defineRun({
  kind: "wait",
  async start(ctx) {
    ctx.emit("waiting");
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  },
});

const page: RouteGroup = (app) => {
  app.get("/", (context) => context.html("<h1>Runs</h1>"));
};

async function served<Result>(
  options: ServeHttpOptions,
  ask: (url: string, http: HttpService) => Promise<Result>,
): Promise<Result> {
  await using http = await serveHttp(options);
  return await ask(http.address.url, http);
}

async function json(url: string): Promise<Record<string, unknown>> {
  return await (await fetch(url)).json();
}

async function statusOf(url: string, init?: RequestInit): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

Deno.test("serveHttp serves what it is given, and tells exactly that in its document", async () => {
  await using broker = await connect("sqlite::memory:");
  await using runs = new RunManager({ broker, kinds: [wait] });
  const roots = async (options: ServeHttpOptions) => {
    const { paths } = await served(options, (url) => json(`${url}/openapi.json`));
    const names = Object.keys(Object(paths)).map((path) => path.split("/")[1] ?? "");
    return [...new Set(names)].toSorted();
  };
  const always = ["docs", "health", "openapi.json", "ready"];
  assertEquals(await roots({}), always);
  assertEquals(await roots({ broker }), [...always, "streams"]);
  assertEquals(await roots({ broker, streams: false }), always);
  assertEquals(await roots({ runs }), [...always, "runs"].toSorted());
  assertEquals(await roots({ broker, runs }), [...always, "runs", "streams"].toSorted());
  const asked = (options: ServeHttpOptions) =>
    served(options, async (url) => {
      const paths = ["/", "/runs", "/streams/none", "/docs", "/health", "/ready"];
      return await Promise.all(paths.map((path) => statusOf(url + path)));
    });
  assertEquals(await asked({}), [404, 404, 404, 200, 200, 200]);
  assertEquals(await asked({ runs, broker, routes: [page] }), [200, 200, 404, 200, 200, 200]);
});

Deno.test("serveHttp calls the service what it is told to", async () => {
  const info = (options: ServeHttpOptions) =>
    served(options, async (url) => (await json(`${url}/openapi.json`)).info);
  assertEquals(await info({}), { title: "Tidemark", version: VERSION });
  assertEquals(await info({ title: "Reports", version: "7" }), { title: "Reports", version: "7" });
});

Deno.test("serveHttp asks its readiness, and keeps the reasons from strangers", async () => {
  const readiness = {
    ready: () => Promise.resolve({ ready: false, reasons: ["The moon is wrong"] }),
  };
  const answer = async (url: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/ready`, { headers });
    return [response.status, (await response.json()).reasons];
  };
  assertEquals(await served({ readiness }, (url) => answer(url)), [503, ["The moon is wrong"]]);
  const read = "read-token-of-16";
  await served({ readiness, tokens: { read } }, async (url) => {
    assertEquals(await answer(url), [503, []]);
    const headers = { authorization: `Bearer ${read}` };
    assertEquals(await answer(url, headers), [503, ["The moon is wrong"]]);
    assertEquals(await statusOf(`${url}/docs`), 200);
    assertEquals(await statusOf(`${url}/openapi.json`), 401);
  });
});

Deno.test("serveHttp refuses what cannot work, before anything listens", async () => {
  const refused: readonly ServeHttpOptions[] = [
    { hostname: "0.0.0.0" },
    { port: -1 },
    { port: 65_536 },
    { tokens: { read: "short" } },
    { allowedOrigins: ["*"] },
    { allowedHosts: ["a b"] },
    { limits: { streamsMax: 0 } },
  ];
  for (const options of refused) {
    await assertRejects(
      () => serveHttp(options),
      InvalidOptionError,
      undefined,
      JSON.stringify(options),
    );
  }
});

Deno.test("listenError tells what to do about what the system says, and leaves the rest", () => {
  const told = (error: unknown, place = {}) => {
    const translated = listenError(error, place);
    return translated instanceof Error ? translated.message : translated;
  };
  const place = { hostname: "192.0.2.1", port: 80 };
  const nowhere =
    'Cannot use option "hostname": it is "192.0.2.1", wanted an address of this machine';
  assertEquals(told(new Deno.errors.AddrNotAvailable("os error 99"), place), nowhere);
  const lookup = new Error("failed to lookup address information: Name or service not known");
  assertEquals(told(lookup, place), nowhere);
  assertEquals(
    told(new Deno.errors.PermissionDenied("os error 13"), place),
    'Cannot use option "port": it is 80, wanted one that this user may listen at, such as 7070',
  );
  assertEquals(
    told(new Deno.errors.NotCapable("Requires net access"), { hostname: "[::1]" }),
    "Cannot serve HTTP at [::1]:0: this program may not listen there, run it with --allow-net=[::1]:0",
  );
  const other = new PortTakenError("127.0.0.1", 80);
  assertEquals(listenError(other, place), other);
});

Deno.test("serveHttp says that its port is taken", async () => {
  await using first = await serveHttp({});
  const { port } = first.address;
  const error = await assertRejects(() => serveHttp({ port }), PortTakenError);
  assertEquals([error.code, error.port], ["PORT_TAKEN", port]);
});

Deno.test({
  name: "serveHttp says which permission of Deno is missing",
  permissions: { net: ["127.0.0.1:7071"], read: "inherit", env: "inherit" },
  async fn() {
    const tokens = { control: "c".repeat(16) };
    const missing: readonly [ServeHttpOptions, string][] = [
      [{ port: 7_070 }, "127.0.0.1:7070"],
      [{ port: 7_070, hostname: "::1" }, "[::1]:7070"],
      [{ port: 7_071, hostname: "0.0.0.0", tokens }, "0.0.0.0:7071"],
    ];
    for (const [options, place] of missing) {
      const error = await assertRejects(() => serveHttp(options), PermissionMissingError);
      assertEquals(
        error.message,
        `Cannot serve HTTP at ${place}: this program may not listen there, run it with --allow-net=${place}`,
      );
    }
  },
});

Deno.test("HttpService.close ends those who follow, takes no more, and frees the port", async () => {
  await using broker = await connect("sqlite::memory:");
  await using runs = new RunManager({ broker, kinds: [wait] });
  const run = await runs.start("wait", null, { run: "one" });
  const http = await serveHttp({ broker, runs });
  const { url, port } = http.address;
  const made = await fetch(`${url}/streams/notes`, { method: "PUT" });
  await made.body?.cancel();
  assertEquals(made.status, 201);
  const followed = await Promise.all([
    fetch(`${url}/runs/${run}/events/stream`),
    fetch(`${url}/streams/notes?offset=-1&live=sse`),
  ]);
  const polled = fetch(`${url}/streams/notes?offset=now&live=long-poll`);
  await eventually("both follow", () => http.streamCount >= 2 && runs.subscriptionCount === 1);
  const texts = followed.map((response) => response.text());
  const beganMs = performance.now();
  await Promise.all([http.close({ graceMs: 20_000 }), http.close()]);
  assert(performance.now() - beganMs < 10_000, "it waited for nobody");
  assert((await Promise.all(texts)).every((text) => text !== ""));
  await polled.then((response) => response.body?.cancel(), () => {});
  assertEquals([http.streamCount, runs.subscriptionCount], [0, 0]);
  assertEquals((await runs.get(run)).status, "running", "its runs are the caller's");
  await assertRejects(() => fetch(`${url}/health`), TypeError);
  await using again = await serveHttp({ port });
  assertEquals(await statusOf(`${again.address.url}/health`), 200);
});
