/**
 * Tests of `tidemark publish`, as a program with a database file.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InputError } from "../../src/cli/command.ts";
import { type NumberedLine, readLines } from "../../src/cli/json_lines.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { decodeEntry } from "../../src/domain/codec.ts";
import { type Outcome, run, temporaryFolder, tidemark } from "./command_line.ts";

/** Publishes, and reads back what arrived. */
async function published(
  stdin: string | Uint8Array,
  flags: readonly string[] = [],
): Promise<Outcome & { readonly types: string[] }> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.db`;
  const outcome = await run(["publish", "orders", `--url=sqlite:${path}`, ...flags], { stdin });
  await using broker = await openSqliteBroker({ path });
  const entries = await broker.range("orders", { count: 10_000 });
  const types = entries.map((entry) => decodeEntry(entry, "orders", "event").type);
  return { ...outcome, types };
}

async function collect(chunks: readonly Uint8Array[]): Promise<NumberedLine[]> {
  const lines: NumberedLine[] = [];
  for await (const some of readLines(ReadableStream.from(chunks))) lines.push(...some);
  return lines;
}

Deno.test("publish appends every line and tells how many", async () => {
  const { code, stdout, stderr, types } = await published(
    '\ufeff{"type":"a"}\r\n\n{"type":"b","data":{"n":1},"key":"k","headers":{"h":"v"}}\n{"type":"c"}',
  );
  assertEquals([code, stderr, types], [0, "", ["a", "b", "c"]]);
  assert(/^Published 3 events to "orders" in \d+ ms\n$/.test(stdout), stdout);
});

Deno.test("publish appends lines with the same idempotency key once", async () => {
  const line = '{"type":"a","idempotencyKey":"k"}\n';
  const { stdout, types } = await published(line + line, ["--json"]);
  assertEquals(types, ["a"]);
  const told = JSON.parse(stdout);
  assertEquals([told.stream, told.published, told.duplicates], ["orders", 1, 1]);
  assertEquals([typeof told.lastId, typeof told.elapsedMs], ["string", "number"]);
});

Deno.test("publish takes many lines", async () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `{"type":"t${index}"}`);
  const { code, types, stdout } = await published(lines.join("\n"));
  assertEquals([code, types.length, types.at(-1)], [0, 5_000, "t4999"]);
  assertStringIncludes(stdout, "Published 5,000 events");
});

Deno.test("publish takes no line at all for no fault", async () => {
  const { code, stdout } = await published("");
  assertEquals([code, stdout.startsWith('Published 0 events to "orders"')], [0, true]);
});

Deno.test("publish stops at a bad line, names it, and keeps the lines before it", async () => {
  const story: [string | Uint8Array, string][] = [
    ["x", "Line 2: it is not JSON"],
    ['{"type":"a",}', "Line 2: it is not JSON at character 13"],
    ["[]", 'Line 2: it is no record, wanted {"type": …, "data": …}'],
    ['{"data":1}', 'Line 2: its type is missing, wanted a text such as "order.placed"'],
    ['{"type":5}', "Line 2: its type is no text"],
    ['{"type":"a","key":""}', "Line 2: its key is empty or no text, leave it out for none"],
    ['{"type":"a","headers":{"h":1}}', "Line 2: its headers are no record of texts"],
    [
      '{"type":"a","idempotency_key":"k"}',
      'Line 2: key "idempotency_key" is not known, did you mean idempotencyKey?',
    ],
    [
      `{"type":"a","data":"${"é".repeat(600_000)}"}`,
      "Line 2: its data has 1200002 bytes as JSON, wanted less than 1048576",
    ],
    [new Uint8Array([0x22, 0xff, 0x22]), "Line 2: it is not UTF-8"],
  ];
  const encoder = new TextEncoder();
  for (const [line, message] of story) {
    const bytes = typeof line === "string" ? encoder.encode(line) : line;
    const before = encoder.encode('{"type":"good"}\n');
    const after = encoder.encode('\n{"type":"never"}\n');
    const { code, stderr, stdout, types } = await published(
      new Uint8Array([...before, ...bytes, ...after]),
    );
    assertEquals([code, stderr, types], [2, `${message}\n`, ["good"]]);
    assertStringIncludes(stdout, "Published 1 event to");
  }
});

Deno.test("publish takes its broker from config.yaml, and needs none of its handlers", async () => {
  await using folder = await temporaryFolder();
  const yaml = `redis_streams:
  sqlite_path: ${folder.path}/from_config.db
  streams: [{name: orders, group: g, handler: ./none.ts}]
`;
  await Deno.writeTextFile(`${folder.path}/config.yaml`, yaml);
  const { code } = await run(["publish", "orders"], { stdin: '{"type":"a"}', cwd: folder.path });
  assertEquals(code, 0);
  await using broker = await openSqliteBroker({ path: `${folder.path}/from_config.db` });
  assertEquals((await broker.streamInfo("orders"))?.length, 1);
});

Deno.test("publish hands on a slow source at once, and ends cleanly at SIGINT", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/t.db`;
  const child = tidemark(["publish", "orders", `--url=sqlite:${path}`], {
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode('{"type":"a"}\n{"type":'));
  await using broker = await openSqliteBroker({ path });
  while (((await broker.streamInfo("orders"))?.length ?? 0) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGINT");
  const { code, stdout, stderr } = await child.output();
  await writer.abort().catch(() => {});
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(code, 1);
  assertStringIncludes(text(stdout), "Published 1 event to");
  assertStringIncludes(text(stderr), "Stopping after the lines that are on their way");
});

Deno.test("publish ends at a bad line although its input stays open", async () => {
  const child = tidemark(["publish", "orders", "--url=sqlite::memory:"], {
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("x\n"));
  assertEquals((await child.status).code, 2);
  await writer.abort().catch(() => {});
});

Deno.test("readLines gives the same lines however the bytes are divided", async () => {
  const bytes = new TextEncoder().encode("é1\n\n  \né2\r\nlast€");
  const wanted = [
    { number: 1, text: "é1" },
    { number: 4, text: "é2\r" },
    { number: 5, text: "last€" },
  ];
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
    assertEquals(await collect(chunks), wanted);
  }
});

Deno.test("readLines bounds a line", async () => {
  const chunks = Array.from({ length: 9 }, () => new Uint8Array(1_048_576).fill(32));
  await assertRejects(() => collect(chunks), InputError, "Line 1: it is longer than 8388608 bytes");
});
