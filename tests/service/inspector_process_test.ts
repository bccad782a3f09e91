/**
 * The inspector as users start it: `tidemark run --inspect`, and `tidemark inspect` that shows other processes.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { connect, StreamProducer } from "../../mod.ts";
import { configFor } from "../../src/config/operator_wish.ts";
import { parseConfig } from "../../src/config/load.ts";
import { placeOf } from "../../src/service/of_config.ts";
import { temporaryFolder, tidemark } from "../cli/command_line.ts";
import { FrameClient } from "../inspector/routes_rig.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, startRedisServer } from "../support/redis_server.ts";
import { ServiceProcess } from "../support/service_process.ts";

const HANDLER = "export default () => {};";

/** A service with one consumer, and what it was asked with. */
async function start(
  open: AsyncDisposableStack,
  { broker, more = "", args }: {
    readonly broker: string;
    readonly more?: string;
    readonly args: readonly string[];
  },
): Promise<ServiceProcess> {
  const streams = "[{ name: orders, group: billing, handler: ./handler.ts }]";
  const yaml = `redis_streams: { ${broker}, streams: ${streams} }\n${more}\n`;
  return open.use(await ServiceProcess.start({ yaml, handler: HANDLER, args }));
}

async function post(url: string, body: object): Promise<number> {
  const response = await fetch(`${url}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  return response.status;
}

Deno.test("tidemark run --inspect shows, changes nothing, and ends in time with pages open", async () => {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await temporaryFolder());
  const port = freePort();
  const process = await start(open, {
    broker: `sqlite_path: ${folder.path}/t.db`,
    more: `http: { port: ${port} }\nstop: { grace_ms: 500 }`,
    args: ["--inspect"],
  });
  await process.says("the inspector is served");
  const url = `http://127.0.0.1:${port}/inspector`;
  await using frames = await FrameClient.open(`${url}/frames`);
  await frames.until("its past is told", ({ seqs }) => seqs.length > 4);
  assertEquals(frames.seqs[0], 1, "it records from its beginning");
  assertEquals(await post(url, { command: "pause" }), 403);
  process.signal("SIGTERM");
  const { code, tookMs } = await process.end();
  assertEquals(code, 0, process.text);
  assert(tookMs <= 5_000, `${tookMs} ms`);
  await frames.until("the page is let go", ({ hasEnded }) => hasEnded);
  assertEquals(frames.told.at(-1)?.event, "end", "it is told that the process has ended");
  const states = frames.messages.flatMap((each) => each.type === "transition" ? [each.to] : []);
  assert(states.includes("stopped"), `and how: ${JSON.stringify(states.slice(-6))}`);
});

Deno.test("tidemark run serves no inspector unless it is asked to", async () => {
  await using open = new AsyncDisposableStack();
  const folder = open.use(await temporaryFolder());
  const port = freePort();
  const process = await start(open, {
    broker: `sqlite_path: ${folder.path}/t.db`,
    more: `http: { port: ${port} }\ninspector: { followed: true }`,
    args: [],
  });
  await process.says("http listens");
  for (const path of ["", "/instances", "/frames"]) {
    const response = await fetch(`http://127.0.0.1:${port}/inspector${path}`);
    await response.body?.cancel();
    assertEquals(response.status, 404, path);
  }
});

/** What `tidemark inspect` has written, as it comes. */
async function inspecting(open: AsyncDisposableStack, args: readonly string[]) {
  const child = tidemark(["inspect", "--port", "0", ...args], {
    permissions: ["--allow-net=127.0.0.1"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  open.defer(async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await child.status;
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  await reader.cancel();
  assertMatch(value, /^http:\/\/127\.0\.0\.1:\d+\/inspector\n$/);
  return { child, url: value.trim() };
}

for (const kind of ["SQLite", "Redis"]) {
  Deno.test(`tidemark inspect follows and commands the processes on its broker that allow it (${kind})`, async () => {
    await using open = new AsyncDisposableStack();
    const [broker, brokerUrl] = kind === "SQLite"
      ? await (async () => {
        const { path } = open.use(await temporaryFolder());
        return [`sqlite_path: ${path}/t.db`, `sqlite:${path}/t.db`];
      })()
      : await (async () => {
        const { url } = open.use(await startRedisServer());
        return [`redis_url: ${url}`, url];
      })();
    const followed = "inspector: { followed: true, commands: true }";
    const process = await start(open, { broker, more: followed, args: [] });
    await process.says("consumer reads");
    const { child, url } = await inspecting(open, ["--url", brokerUrl, "--control"]);
    let instance = "";
    await eventually("the process is on the list", async () => {
      const { instances } = await (await fetch(`${url}/instances`)).json();
      const [first] = instances;
      instance = first?.instance ?? "";
      return first?.can_be_followed === true && first.is_here === false;
    });
    const none = await fetch(`${url}/frames`);
    assertEquals([none.status, (await none.json()).code], [404, "INSTANCE_NOT_FOUND"]);
    await using frames = await FrameClient.open(`${url}/frames?instance=${instance}`);
    await frames.until("the fleet is told", ({ messages }) => {
      return messages.filter(({ type }) => type === "started").length > 2;
    });
    await using outside = await connect(brokerUrl);
    await new StreamProducer({ broker: outside, stream: "orders" }).publish({ type: "a" });
    await frames.until("its work is told", ({ statuses, seqs }) => {
      return seqs.length > 3 && statuses.at(-1)?.consumers[0]?.facts.committedCount === 1;
    });
    assertEquals(await post(url, { instance, command: "pause" }), 202);
    await frames.until("the pause is told", ({ statuses }) => {
      return statuses.at(-1)?.consumers[0]?.facts.state === "paused";
    });
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
  });
}

const config = (text: string) =>
  parseConfig(`redis_streams: {streams: []}\n${text}`, {
    source: "config.yaml",
    base: new URL("file:///tmp/config.yaml"),
  });

Deno.test("configFor adds what an operator wants, and takes back nothing that the file allows", () => {
  const asked = (text: string, wish: Parameters<typeof configFor>[1]) => {
    const { enabled, commands } = configFor(config(`http: {port: 1}\n${text}`), wish).inspector;
    return [enabled, commands];
  };
  assertEquals(asked("", {}), [false, false]);
  assertEquals(asked("", { inspect: true }), [true, false]);
  assertEquals(asked("", { inspectControl: true }), [true, true]);
  assertEquals(asked("inspector: {enabled: true, commands: true}", { inspect: false }), [
    true,
    true,
  ]);
});

Deno.test("placeOf serves at http.port, or the inspector alone at 7070 of this machine", () => {
  const tokens = "read_token: 0123456789abcdef, control_token: fedcba9876543210";
  const { http } = config(`http: {port: 80, hostname: 0.0.0.0, ${tokens}}`);
  assertEquals(placeOf(http), { port: 80, hostname: "0.0.0.0", streams: true });
  const { http: without } = config("inspector: {enabled: true}\nhttp: {hostname: 0.0.0.0}");
  assertEquals(placeOf(without), { port: 7_070, hostname: "127.0.0.1", streams: false });
});
