/**
 * Tests of the way from a file to a configuration, or to all of its faults at once.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Config } from "../../src/config/config.ts";
import { loadConfig, parseConfig } from "../../src/config/load.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";

const BASE = new URL("file:///srv/app/config.yaml");
const STREAM = "streams: [{name: orders, group: billing, handler: ./h.ts}]";

function parse(text: string, variables: Record<string, string> = {}): Config {
  return parseConfig(text, {
    source: "config.yaml",
    base: BASE,
    environment: (name) => Object.hasOwn(variables, name) ? variables[name] : undefined,
  });
}

function faultsOf(text: string, variables: Record<string, string> = {}): readonly string[] {
  return assertThrows(() => parse(text, variables), ConfigurationError).faults;
}

/** The faults of a file whose section `redis_streams` is right. */
function faultsBeside(text: string, variables: Record<string, string> = {}): readonly string[] {
  return faultsOf(`redis_streams: {${STREAM}}\n${text}`, variables);
}

Deno.test("parseConfig fills every default in", () => {
  assertEquals(parse(`redis_streams: {${STREAM}}`), {
    redisStreams: {
      redisUrl: undefined,
      sqlitePath: "tidemark.db",
      blockMs: 1_000,
      count: 100,
      streams: [{
        name: "orders",
        group: "billing",
        consumer: "main",
        handler: "file:///srv/app/h.ts",
        start: "beginning",
        order: "key",
        workersMax: 1,
        codec: "event",
        handlerTimeoutMs: 0,
        createStream: true,
        onCheckpointLost: "stop",
        onDataLoss: "continue",
      }],
    },
    retry: { attemptsMax: 5, deliveriesMax: 10, initialMs: 100, maxMs: 30_000, multiplier: 2 },
    lease: { leaseMs: 10_000 },
    stop: { graceMs: 10_000 },
    log: { level: "info", format: "auto" },
  });
});

Deno.test("parseConfig takes every option", () => {
  const config = parse(`
redis_streams:
  redis_url: rediss://me:secret@redis.example:6380/1
  sqlite_path: /var/lib/t.db
  block_ms: 500
  count: 10
  streams:
    - name: orders
      group: billing
      consumer: billing-7
      handler: jsr:@me/handlers
      start: 2026-01-31T08:00Z
      order: none
      workers_max: 8
      codec: ./codec.ts
      handler_timeout_ms: 60000
      create_stream: false
      on_checkpoint_lost: resetToEnd
      on_data_loss: stop
    - {name: orders, group: audit, handler: ../audit.ts, start: 5-1}
retry: {attempts_max: 1, deliveries_max: 3, initial_ms: 10, max_ms: 10, multiplier: 1.5}
lease: {lease_ms: 30000}
stop: {grace_ms: 0}
log: {level: debug, format: json}
`);
  const [first, second] = config.redisStreams.streams;
  assertEquals(config.redisStreams.redisUrl, "rediss://me:secret@redis.example:6380/1");
  assertEquals(first, {
    name: "orders",
    group: "billing",
    consumer: "billing-7",
    handler: "jsr:@me/handlers",
    start: { fromTimeMs: Date.UTC(2026, 0, 31, 8) },
    order: "none",
    workersMax: 8,
    codec: { module: "file:///srv/app/codec.ts" },
    handlerTimeoutMs: 60_000,
    createStream: false,
    onCheckpointLost: "resetToEnd",
    onDataLoss: "stop",
  });
  assertEquals([second?.start, second?.handler], [{ afterId: "5-1" }, "file:///srv/audit.ts"]);
  assertEquals(config.retry.multiplier, 1.5);
});

Deno.test("parseConfig reports every fault at once, with path, value and what was wanted", () => {
  assertEquals(
    faultsOf(`
redis_streams:
  blok_ms: 5
  block_ms: soon
  count: 0
  streams:
    - {name: "", group: a, start: now, order: keys, create_stream: yes, workers_max: 1.5}
    - 5
retry: {attempts_max: [1], max_ms: 50}
log: loud
whatever: 1
`),
    [
      "whatever: is not known here, wanted redis_streams, retry, lease, stop, log",
      "redis_streams.blok_ms: is not known here, did you mean block_ms?",
      "log: is a text, wanted a section with level, format",
      'redis_streams.block_ms: is "soon", wanted a whole number from 1 to 60000 (ms)',
      'redis_streams.count: is "0", wanted a whole number from 1 to 1000 (entries)',
      "redis_streams.streams[1]: is a text, wanted a section with name, group, handler, consumer, start, order, workers_max, codec, handler_timeout_ms, create_stream, on_checkpoint_lost, on_data_loss",
      'redis_streams.streams[0].name: is "", wanted 1 to 256 bytes of printable text without a space at either end',
      "redis_streams.streams[0].handler: is missing, wanted a path such as ./handler.ts, or a file:, jsr:, npm: or https: module",
      'redis_streams.streams[0].start: is "now", wanted beginning, end, an entry id such as 1717000000000-0 or a time such as 2026-01-31T08:00Z',
      'redis_streams.streams[0].order: is "keys", wanted one of key, none',
      'redis_streams.streams[0].workers_max: is "1.5", wanted a whole number from 1 to 1000 (events)',
      'redis_streams.streams[0].create_stream: is "yes", wanted true or false',
      "redis_streams.streams[1].name: is missing, wanted 1 to 256 bytes of printable text without a space at either end",
      "redis_streams.streams[1].group: is missing, wanted 1 to 256 bytes of printable text without a space at either end",
      "redis_streams.streams[1].handler: is missing, wanted a path such as ./handler.ts, or a file:, jsr:, npm: or https: module",
      "retry.attempts_max: is a list, wanted a whole number from 1 to 1000000 (attempts)",
      "retry.max_ms: is 50, wanted at least retry.initial_ms, 100",
    ],
  );
});

Deno.test("parseConfig takes no number that readers disagree about", () => {
  const odd = [
    "0777",
    "1_000",
    "0x10",
    ".nan",
    ".inf",
    "1e3",
    "1e309",
    "-5",
    "+5",
    "~",
    "''",
    "5 ",
  ];
  for (const value of odd.filter((each) => each !== "5 ")) {
    assertEquals(
      faultsBeside(`lease: {lease_ms: ${value}}`).length,
      1,
      `lease_ms ${value}`,
    );
  }
  assertEquals(faultsBeside("stop: {grace_ms: 99999999999999999999}").length, 1);
  assertEquals(faultsBeside("retry: {multiplier: 0.5}").length, 1);
});

Deno.test("parseConfig refuses files that are no section at all", () => {
  const story: [string, string][] = [
    ["", "it is empty, wanted a section redis_streams"],
    ["# only", "it is empty, wanted a section redis_streams"],
    ["text", "the file: is a text, wanted a section with redis_streams, retry, lease, stop, log"],
    ["[1]", "the file: is a list, wanted a section with redis_streams, retry, lease, stop, log"],
    ["{}", "redis_streams.streams: is missing, wanted a list with at least one item"],
  ];
  assertEquals(story.map(([text]) => faultsOf(text)[0]), story.map(([, fault]) => fault));
});

Deno.test("parseConfig fills variables in and never shows what was in them", () => {
  const config = parse(
    `redis_streams: {redis_url: "redis://:\${PASS}@\${HOST:-localhost}:1", count: "\${N:-7}", ${STREAM}}`,
    { PASS: "canary", HOST: "" },
  );
  assertEquals(config.redisStreams.redisUrl, "redis://:canary@localhost:1");
  assertEquals(config.redisStreams.count, 7);
  assertEquals(
    faultsBeside(
      'lease: {lease_ms: "${LEASE}"}\nlog: {level: "${UNSET}"}\nstop: {grace_ms: "${"}',
      {
        LEASE: "canary",
      },
    ),
    [
      'log.level: environment variable "UNSET" is not set, set it or write ${UNSET:-default}',
      'lease.lease_ms: is "${LEASE}", wanted a whole number from 300 to 3600000 (ms)',
      "stop.grace_ms: holds an odd ${, wanted ${NAME} or ${NAME:-default}, or $${ for a plain ${",
    ].toSorted((left, right) => order(left) - order(right)),
  );
  assertEquals(
    parse(`redis_streams: {sqlite_path: "a$\${b}", ${STREAM}}`).redisStreams.sqlitePath,
    "a${b}",
  );
});

/** The order in which sections are read. */
function order(fault: string): number {
  return ["lease", "stop", "log"].indexOf(/^\w+/.exec(fault)?.[0] ?? "");
}

Deno.test("parseConfig never shows a password, wherever it was put by mistake", () => {
  const canary = "s3cr3t-canary";
  const mistakes = [
    `redis_streams: {redis_url: "http://:${canary}@h", ${STREAM}}`,
    `redis_streams: {redis_url: "${canary}", ${STREAM}}`,
    `redis_streams: "redis://:${canary}@h"`,
    `redis_streams: {redis_url: {x: ${canary}}, ${STREAM}}`,
    `redis_streams: {pasword: ${canary}, ${STREAM}}`,
    `redis_streams: {block_ms: "redis://me:${canary}@h", ${STREAM}}`,
    `redis_url: redis://:${canary}@h\n  foo: [`,
    `redis_streams: {redis_url: *${canary}}`,
    `redis_streams: {redis_url: !${canary} x}`,
    `a: ${canary}\na: ${canary}`,
    `"${canary}`,
  ];
  for (const text of mistakes) {
    const error = assertThrows(() => parse(text), ConfigurationError);
    assertFalse(Deno.inspect(error).includes(canary), text);
  }
});

Deno.test("parseConfig wants different names and one order for the consumers of a group", () => {
  const two = (second: string) =>
    faultsOf(`redis_streams: {streams: [{name: s, group: g, handler: h.ts}, {${second}}]}`);
  assertEquals(two("name: s, group: g, handler: h.ts"), [
    'redis_streams.streams[1].consumer: is "main" twice in one group, wanted another name for each consumer',
  ]);
  assertEquals(two("name: s, group: g, handler: h.ts, consumer: c2, order: none"), [
    'redis_streams.streams[1].order: is "none", wanted the same as the group\'s other consumers',
  ]);
});

Deno.test("parseConfig throws nothing but ConfigurationError, whatever the file holds", () => {
  const key = fc.constantFrom("redis_streams", "streams", "retry", "name", "__proto__", "x");
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "binary", maxLength: 10 }),
      fc.constantFrom("${X}", "${", "redis://h", "1", "true"),
      fc.dictionary(key, tie("node"), { maxKeys: 4 }),
      fc.array(tie("node"), { maxLength: 3 }),
    ),
  })).node.map((node) => JSON.stringify(node));
  const lines = fc.array(fc.string({ maxLength: 20 }), { maxLength: 6 }).map((all) =>
    all.join("\n")
  );
  fc.assert(fc.property(fc.oneof(tree, lines), (text) => {
    try {
      parse(text);
    } catch (error) {
      assert(error instanceof ConfigurationError, String(error));
    }
  }));
});

Deno.test("loadConfig names what is wrong with the file itself", async () => {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  const faultOf = async (path: string) =>
    (await assertRejects(() => loadConfig(path), ConfigurationError)).faults[0];
  try {
    await Deno.writeFile(`${folder}/latin1.yaml`, new Uint8Array([0xe9]));
    await Deno.writeTextFile(`${folder}/large.yaml`, "#".repeat(262_145));
    assertEquals(await faultOf(`${folder}/none.yaml`), "there is no such file");
    assertEquals(await faultOf(folder), "it is a directory, wanted a file");
    assertEquals(await faultOf(`${folder}/latin1.yaml`), "it is not UTF-8");
    assertEquals(await faultOf(`${folder}/large.yaml`), "it is larger than 262144 bytes");
    await Deno.writeTextFile(`${folder}/good.yaml`, `\ufeffredis_streams: {${STREAM}}`);
    const config = await loadConfig(`${folder}/good.yaml`);
    assertEquals(config.redisStreams.streams[0]?.handler, `file://${folder}/h.ts`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
