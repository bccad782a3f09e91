/**
 * Tests of `tidemark tail`: what it prints, and how it ends.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "../../src/service/connect.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { temporaryFolder, tidemark as process } from "./command_line.ts";
import { HOSTILE, operatorFacts, publish, STEERING } from "./operator_place.ts";

const fact = operatorFacts();

fact("tail prints id, type, key and data, one line an event", async (place) => {
  const { broker, tidemark } = place;
  await publish(broker, "orders", { id: "1-0", type: "order.placed", key: "c1", data: { n: 1 } });
  await publish(broker, "orders", { id: "2-0", type: "order.paid" });
  await broker.append("orders", [{ id: "3-0", fields: ["a", "1", "b", new Uint8Array([255])] }]);
  const args = ["tail", "orders", "--from=beginning", "--limit=3"];
  assertEquals(await tidemark(...args), {
    code: 0,
    stdout: '1-0  order.placed  key c1  {"n":1}\n' +
      "2-0  order.paid  null\n" +
      '3-0  (no event: field "event_type" is missing)  a=1 b=<1 byte: ff>\n',
    stderr: "",
  });
  assertEquals(
    (await tidemark(...args, "--fields")).stdout,
    '1-0  event_type=order.placed payload={"n":1} key=c1\n' +
      "2-0  event_type=order.paid payload=null\n" +
      "3-0  a=1 b=<1 byte: ff>\n",
  );
  const records = async (...more: string[]) => {
    const { stdout } = await tidemark(...args, "--json", ...more);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  const odd = [["a", "1"], ["b", { base64: "/w==" }]];
  assertEquals(await records(), [
    { id: "1-0", type: "order.placed", data: { n: 1 }, key: "c1" },
    { id: "2-0", type: "order.paid", data: null },
    { id: "3-0", fault: 'field "event_type" is missing', fields: odd },
  ]);
  assertEquals((await records("--fields"))[2], { id: "3-0", fields: odd });
});

fact("tail begins where it is told to", async ({ broker, tidemark }) => {
  for (const id of ["1000-0", "2000-0", "3000-0"] as const) await publish(broker, "orders", { id });
  const story: [string, string][] = [
    ["beginning", "1000-0"],
    ["1000-0", "2000-0"],
    ["1970-01-01T00:00:03Z", "3000-0"],
    ["1970-01-01T00:00:02Z", "2000-0"],
  ];
  for (const [from, first] of story) {
    const { stdout } = await tidemark("tail", "orders", `--from=${from}`, "--limit=1");
    assertEquals(stdout.split("  ")[0], first, from);
  }
});

fact("tail steers no terminal, whatever comes, and keeps every line short", async (place) => {
  const { broker, tidemark } = place;
  const wide = Array.from({ length: 20_000 }, (_, index) => `f${index}`);
  const all = [
    ...HOSTILE.flatMap((text) => [
      [text, text],
      ["event_type", text, "payload", JSON.stringify({ [text]: text }), "key", text],
      ["event_type", "t", "payload", `{broken ${text}`],
    ]),
    wide,
    ["bytes", new Uint8Array(10_000).fill(155)],
  ];
  for (const [index, fields] of all.entries()) {
    await broker.append("orders", [{ id: `${BigInt(index + 1)}-0`, fields }]);
  }
  for (const flags of [[], ["--fields"], ["--json"]]) {
    const args = ["tail", "orders", "--from=beginning", `--limit=${all.length}`, ...flags];
    const { code, stdout, stderr } = await tidemark(...args);
    assertEquals([code, stderr, STEERING.test(stdout)], [0, "", false]);
    const lines = stdout.trimEnd().split("\n");
    assertEquals(lines.length, all.length);
    if (flags[0] === "--json") lines.map((line) => JSON.parse(line));
    else for (const line of lines) assert(line.length <= 2_000, line);
  }
});

fact("tail refuses what cannot be", async ({ tidemark }) => {
  const story: [string[], number][] = [
    [["orders"], 1],
    [[], 2],
    [["orders", "x"], 2],
    [["orders", "--from=x"], 2],
    [["orders", "--limit=0"], 2],
  ];
  for (const [args, code] of story) {
    const outcome = await tidemark("tail", ...args);
    assertEquals([outcome.code, outcome.stdout], [code, ""]);
  }
});

/** Reads lines as they come. */
async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

async function next(from: AsyncGenerator<string>): Promise<string> {
  return (await from.next()).value ?? "(ended)";
}

Deno.test("tail outlasts a restart of Redis and ends cleanly at SIGINT", async () => {
  await using server = await startRedisServer({ appendonly: true });
  {
    await using broker = await connect(server.url);
    await publish(broker, "orders", { id: "1-0", type: "before" });
  }
  const args = ["tail", "orders", "--from=beginning", `--url=${server.url}`];
  const permissions = ["--allow-net=127.0.0.1"];
  const child = process(args, { permissions, stdout: "piped", stderr: "piped" }).spawn();
  const stdout = lines(child.stdout);
  const stderr = lines(child.stderr);
  assertEquals(await next(stdout), "1-0  before  null");
  await server.kill("SIGKILL");
  assertMatch(await next(stderr), /^The broker is away \(\w+\): waiting for it$/);
  await server.restart();
  {
    await using broker = await connect(server.url);
    await publish(broker, "orders", { id: "2-0", type: "after" });
  }
  assertEquals([await next(stderr), await next(stdout)], [
    "The broker is back",
    "2-0  after  null",
  ]);
  child.kill("SIGINT");
  assertEquals([await next(stderr), await next(stderr), await next(stdout)], [
    "Stopping",
    "(ended)",
    "(ended)",
  ]);
  assertEquals((await child.status).code, 0);
});

Deno.test("tail and the lists take a reader that goes away for no fault", async () => {
  await using folder = await temporaryFolder();
  const url = `sqlite:${folder.path}/t.db`;
  await using broker = await connect(url);
  for (let from = 0; from < 20_000; from += 1_000) {
    const fields = ["event_type", "t", "payload", JSON.stringify("x".repeat(100))];
    await broker.append("orders", Array.from({ length: 1_000 }, () => ({ fields })));
  }
  const child = process(["tail", "orders", "--from=beginning", `--url=${url}`], {
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [0, ""]);
});

Deno.test("the operator's commands tell their options, JSON shapes and exit codes", async () => {
  const { runHere } = await import("./in_process.ts");
  const overview = await runHere(["help"]);
  const names = ["streams", "groups", "pending", "checkpoint", "dead-letters", "tail", "replay"];
  for (const name of names) {
    assertStringIncludes(overview.stdout, `\n  ${name} `);
    for (const args of [[name, "--help"], ["help", name]]) {
      const { code, stdout, stderr } = await runHere(args);
      assertEquals([code, stderr], [0, ""]);
      assert(stdout.startsWith(`Usage: tidemark ${name} `), stdout);
      for (const word of ["--json", "--config FILE", "--url URL", "-h, --help"]) {
        assertStringIncludes(stdout, word);
      }
      for (const line of stdout.split("\n")) assert(line.length <= 100, line);
    }
  }
});
