/**
 * A service that serves, as a process: how it is asked, when it is ready, how it ends with clients and runs that do not,
 * and what becomes of its runs when it is killed.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EventStore } from "../../src/runs/event_store.ts";
import { connect } from "../../src/service/connect.ts";
import { temporaryFolder } from "../cli/command_line.ts";
import { eventually } from "../support/eventually.ts";
import { LATE_MS } from "../support/loaded_machine.ts";
import { freePort, type RedisServer, startRedisServer } from "../support/redis_server.ts";
import { ServiceProcess } from "../support/service_process.ts";

const GRACE_MS = 400;

const TOKEN = "read-".repeat(4);

/** A kind of runs that tells more than a socket holds, and never ends, whatever it is told. */
const DEAF = `export default {
  kind: "deaf",
  start(ctx) {
    ctx.emit("begun", { by: ctx.run });
    for (let n = 0; n < 80; n++) ctx.emit("told", "x".repeat(100_000));
    return new Promise(() => {});
  },
};`;

/** A service that has no consumers, but runs and a port. */
interface Served {
  readonly process: ServiceProcess;
  readonly url: string;
}

async function serve(
  open: AsyncDisposableStack,
  { broker, sections = "", http = "" }: {
    readonly broker: string;
    readonly sections?: string;
    readonly http?: string;
  },
): Promise<Served> {
  const port = freePort();
  const yaml = `redis_streams: {${broker}}
runs: {lease_ms: 300, kinds: [{module: ./handler.ts}, {external: build}]}
http: {port: ${port}${http}}
stop: {grace_ms: ${GRACE_MS}}
${sections}
`;
  const process = open.use(await ServiceProcess.start({ yaml, handler: DEAF }));
  return { process, url: `http://127.0.0.1:${port}` };
}

async function startRun(url: string, id: string): Promise<void> {
  const response = await fetch(`${url}/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "deaf", id }),
  });
  assertEquals([response.status, (await response.json()).id], [201, id]);
}

/** One who reads an answer as it comes. */
class Reader {
  readonly #done: Promise<void>;
  text = "";
  hasEnded = false;

  constructor(response: Response) {
    this.#done = this.#read(response);
  }

  static async open(url: string): Promise<Reader> {
    const response = await fetch(url);
    assertEquals(response.status, 200, url);
    return new Reader(response);
  }

  async says(part: string): Promise<void> {
    await eventually(`${part} is sent, but: ${this.text}`, () => this.text.includes(part));
  }

  async end(): Promise<string> {
    await this.#done;
    return this.text;
  }

  async #read({ body }: Response): Promise<void> {
    if (body === null) return;
    for await (const text of body.pipeThrough(new TextDecoderStream())) this.text += text;
    this.hasEnded = true;
  }
}

/** A service with a run that never ends, and with all who can follow something; one of them reads nothing. */
async function busy(open: AsyncDisposableStack, broker: string) {
  const { process, url } = await serve(open, { broker });
  await process.says("http listens");
  await startRun(url, "endless");
  const events = await Reader.open(`${url}/runs/endless/events/stream`);
  await events.says('"type":"begun"');
  const made = await fetch(`${url}/streams/notes`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
  });
  assertEquals(made.status, 201);
  await made.body?.cancel();
  const live = await Reader.open(`${url}/streams/notes?offset=-1&live=sse`);
  await live.says("event: control");
  const stalled = open.use(await Deno.connect({ port: Number(new URL(url).port) }));
  const { host } = new URL(url);
  const head = `GET /runs/endless/events/stream HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  await stalled.write(new TextEncoder().encode(head));
  return { process, url, readers: [events, live] };
}

Deno.test("tidemark run ends within its grace and a second with open SSE clients and an endless run, and stores that it ended", async () => {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await temporaryFolder());
  const file = `${folder.path}/t.db`;
  const { process, readers } = await busy(open, `sqlite_path: ${file}`);
  process.signal("SIGTERM");
  const { code, tookMs } = await process.end();
  assertEquals(code, 0, process.text);
  assert(tookMs <= GRACE_MS + 1_000 + LATE_MS, `${tookMs} ms for ${process.text}`);
  assert(tookMs >= GRACE_MS, `the run had its grace, and not ${tookMs} ms`);
  for (const reader of readers) await reader.end();
  assertEquals(readers.map(({ hasEnded }) => hasEnded), [true, true]);
  await using broker = await connect(`sqlite:${file}`);
  const { status, reason } = await new EventStore({ broker }).get("endless");
  assertEquals({ status, reason }, { status: "cancelled", reason: "its process stops" });
});

Deno.test("tidemark run ends within its grace and a second while Redis answers nothing", async () => {
  await using open = new AsyncDisposableStack();
  const server = open.use(await startRedisServer());
  const { process, readers } = await busy(open, `redis_url: ${server.url}`);
  await server.kill("SIGSTOP");
  process.signal("SIGTERM");
  const { code, tookMs } = await process.end();
  assertEquals(code, 0, process.text);
  assert(tookMs <= GRACE_MS + 1_000 + LATE_MS, `${tookMs} ms for ${process.text}`);
  for (const reader of readers) await reader.end();
});

async function ready(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(`${url}/ready`, { headers });
  return [response.status, (await response.json()).reasons];
}

async function refuse(server: RedisServer, stream: string): Promise<void> {
  const { code } = await new Deno.Command("redis-cli", {
    args: [
      ...["-p", String(server.port), "acl", "setuser", "default", "resetkeys"],
      ...["~tidemark*", "~{tidemark*", "~good", "~{good}*", `%R~none-${stream}`],
    ],
    stdout: "null",
  }).output();
  assertEquals(code, 0);
}

Deno.test("tidemark run is not ready while its broker is away, or when a consumer was given up", async () => {
  await using open = new AsyncDisposableStack();
  const server = open.use(await startRedisServer());
  await refuse(server, "bad");
  const stream = (name: string) =>
    `{name: ${name}, group: g, handler: "data:text/javascript,export default () => {}"}`;
  const { process, url } = await serve(open, {
    broker: `redis_url: ${server.url}, streams: [${stream("good")}, ${stream("bad")}]`,
    sections: "supervision: {restarts_max: 0}",
    http: `, read_token: ${TOKEN}`,
  });
  await process.says("the consumer is given up");
  const headers = { authorization: `Bearer ${TOKEN}` };
  const givenUp = 'Consumer "main" of group "g" of stream "bad" was given up';
  assertEquals(await ready(url, headers), [503, [givenUp]]);
  assertEquals(await ready(url), [503, []], "who has no token gets no names");
  await server.kill("SIGKILL");
  await eventually("it sees that the broker is away", async () => {
    return JSON.stringify(await ready(url, headers)) ===
      JSON.stringify([503, [givenUp, "The broker cannot be reached"]]);
  });
  const health = await fetch(`${url}/health`);
  assertEquals([health.status, await health.json()], [200, { status: "ok" }]);
  assertEquals(process.text.includes(TOKEN), false, "its log shows no token");
});

Deno.test("tidemark run tells in one line that its port is taken, and which module is no run", async () => {
  await using open = new AsyncDisposableStack();
  const listener = open.use(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const { port } = listener.addr;
  const taken = open.use(
    await ServiceProcess.start({
      yaml: `{http: {port: ${port}}, redis_streams: {sqlite_path: ":memory:"}}`,
      handler: "",
    }),
  );
  const wrong = open.use(
    await ServiceProcess.start({
      yaml: `{http: {port: 1}, runs: {kinds: [{module: ./handler.ts}, {module: ./none.ts}]}}`,
      handler: "export default { kind: 5, start() {} };",
    }),
  );
  assertEquals((await taken.end()).code, 1);
  assertStringIncludes(
    taken.text,
    `\nCannot listen at "127.0.0.1:${port}": another program does, end it or choose another port\n`,
  );
  assertEquals((await wrong.end()).code, 2);
  const [first, second = "", third = "", rest] = wrong.text.split("\n");
  assertEquals([first, rest], ["Cannot use the configuration: 2 faults", ""]);
  assert(/^ {2}run kind file:.*handler\.ts: it has no fitting default export, wanted/.test(second));
  assert(/^ {2}run kind file:.*none\.ts: it cannot be imported: Module not found/.test(third));
});

for (const kind of ["SQLite", "Redis"]) {
  Deno.test(`a run of a process that is killed is interrupted, and who follows it elsewhere is told (${kind})`, async () => {
    await using open = new AsyncDisposableStack();
    const broker = kind === "SQLite"
      ? `sqlite_path: ${open.use(await temporaryFolder()).path}/t.db`
      : `redis_url: ${open.use(await startRedisServer()).url}`;
    const [one, other] = [await serve(open, { broker }), await serve(open, { broker })];
    for (const { process } of [one, other]) await process.says("http listens");
    await startRun(one.url, "orphan");
    const follower = await eventuallyOpen(`${other.url}/runs/orphan/events/stream`);
    await follower.says('"type":"begun"');
    one.process.signal("SIGKILL");
    await one.process.end();
    const [, end = ""] = (await follower.end()).split("event: end\n");
    const [, data = "{}"] = /^data: (.*)$/m.exec(end) ?? [];
    const { status, reason } = JSON.parse(data);
    assertEquals({ status, reason }, {
      status: "interrupted",
      reason: "the process that executed it is gone",
    });
    const again = await fetch(`${other.url}/runs/orphan`);
    assertEquals([again.status, (await again.json()).status], [200, "interrupted"]);
  });
}

/** Elsewhere a run is known when it is stored, which is soon after its start. */
async function eventuallyOpen(url: string): Promise<Reader> {
  let response: Response | null = null;
  await eventually(`${url} is there`, async () => {
    await response?.body?.cancel();
    response = await fetch(url);
    return response.status === 200;
  });
  assert(response !== null);
  return new Reader(response);
}
