/**
 * Tests of the way from a file to a configuration, or to all of its faults at once.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Config } from "../../src/config/config.ts";
import { parseConfig } from "../../src/config/load.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";

const BASE = new URL("file:///srv/app/config.yaml");
const SECTIONS =
  "redis_streams, pool, retry, supervision, backpressure, lease, runs, http, inspector, stop, log";
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
        consumers: 1,
        onFenced: "stop",
        handler: "file:///srv/app/h.ts",
        start: "beginning",
        order: "key",
        mode: "inline",
        workersMin: 1,
        workersMax: 1,
        codec: "event",
        handlerTimeoutMs: 0,
        createStream: true,
        onCheckpointLost: "stop",
        onDataLoss: "continue",
      }],
    },
    pool: { mode: "inline", workersMin: 1, workersMax: 1 },
    retry: { attemptsMax: 5, deliveriesMax: 10, initialMs: 100, maxMs: 30_000, multiplier: 2 },
    supervision: {
      restartsMax: 5,
      windowMs: 60_000,
      initialMs: 200,
      maxMs: 10_000,
      onFailure: "continue",
    },
    backpressure: {
      intervalMs: 1_000,
      lagMax: 100_000,
      pendingMax: 50_000,
      oldestPendingMsMax: 300_000,
      lengthMax: 0,
      pressuredShare: 0.5,
    },
    lease: { leaseMs: 10_000 },
    runs: {
      ttlMs: 86_400_000,
      lengthMax: 10_000,
      bufferEventsMax: 10_000,
      leaseMs: 15_000,
      cancelMs: 5_000,
      kinds: [],
    },
    http: {
      port: 0,
      hostname: "127.0.0.1",
      readToken: undefined,
      controlToken: undefined,
      allowedHosts: [],
      allowedOrigins: [],
      streams: true,
      streamsMax: 256,
      streamsPerAddressMax: 16,
      streamsPerRunMax: 128,
    },
    inspector: { enabled: false, commands: false, followed: false, framesMax: 10_000 },
    stop: { graceMs: 10_000 },
    log: { level: "info", format: "auto" },
  });
});

Deno.test("parseConfig takes every option of streams and their consumers", () => {
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
      consumers: 3
      on_fenced: rename
      handler: jsr:@me/handlers
      start: 2026-01-31T08:00Z
      order: none
      mode: threads
      workers_min: 2
      workers_max: 8
      codec: ./codec.ts
      handler_timeout_ms: 60000
      create_stream: false
      on_checkpoint_lost: resetToEnd
      on_data_loss: stop
    - {name: orders, group: audit, handler: ../audit.ts, start: 5-1}
pool: {mode: threads, workers_min: 4, workers_max: 4}
retry: {attempts_max: 1, deliveries_max: 3, initial_ms: 10, max_ms: 10, multiplier: 1.5}
supervision: {restarts_max: 0, window_ms: 1000, initial_ms: 7, max_ms: 7, on_failure: end}
backpressure:
  interval_ms: 100
  lag_max: 1
  pending_max: 2
  oldest_pending_ms_max: 604800000
  length_max: 1000000000
  pressured_share: 0.05
lease: {lease_ms: 30000}
inspector: {enabled: true, commands: true, followed: true, frames_max: 100}
stop: {grace_ms: 0}
log: {level: debug, format: json}
`);
  const [first, second] = config.redisStreams.streams;
  assertEquals(config.redisStreams.redisUrl, "rediss://me:secret@redis.example:6380/1");
  assertEquals(first, {
    name: "orders",
    group: "billing",
    consumer: "billing-7",
    consumers: 3,
    onFenced: "rename",
    handler: "jsr:@me/handlers",
    start: { fromTimeMs: Date.UTC(2026, 0, 31, 8) },
    order: "none",
    mode: "threads",
    workersMin: 2,
    workersMax: 8,
    codec: { module: "file:///srv/app/codec.ts" },
    handlerTimeoutMs: 60_000,
    createStream: false,
    onCheckpointLost: "resetToEnd",
    onDataLoss: "stop",
  });
  assertEquals([second?.start, second?.handler], [{ afterId: "5-1" }, "file:///srv/audit.ts"]);
  assertEquals([second?.mode, second?.workersMin, second?.workersMax], ["threads", 4, 4]);
  const { redisStreams: _, runs: _1, http: _2, ...sections } = config;
  assertEquals(sections, {
    pool: { mode: "threads", workersMin: 4, workersMax: 4 },
    retry: { attemptsMax: 1, deliveriesMax: 3, initialMs: 10, maxMs: 10, multiplier: 1.5 },
    supervision: { restartsMax: 0, windowMs: 1_000, initialMs: 7, maxMs: 7, onFailure: "end" },
    backpressure: {
      intervalMs: 100,
      lagMax: 1,
      pendingMax: 2,
      oldestPendingMsMax: 604_800_000,
      lengthMax: 1_000_000_000,
      pressuredShare: 0.05,
    },
    lease: { leaseMs: 30_000 },
    inspector: { enabled: true, commands: true, followed: true, framesMax: 100 },
    stop: { graceMs: 0 },
    log: { level: "debug", format: "json" },
  });
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
      `whatever: is not known here, wanted ${SECTIONS}`,
      "redis_streams.blok_ms: is not known here, did you mean block_ms?",
      "log: is a text, wanted a section with level, format",
      'redis_streams.block_ms: is "soon", wanted a whole number from 1 to 60000 (ms)',
      'redis_streams.count: is "0", wanted a whole number from 1 to 1000 (entries)',
      "redis_streams.streams[1]: is a text, wanted a section with name, group, handler, consumer, consumers, on_fenced, start, order, mode, workers_min, workers_max, codec, handler_timeout_ms, create_stream, on_checkpoint_lost, on_data_loss",
      'redis_streams.streams[0].name: is "", wanted 1 to 256 bytes of printable text without a space at either end, and no braces but one pair such as {eu}orders',
      "redis_streams.streams[0].handler: is missing, wanted a path such as ./handler.ts, or a file:, jsr:, npm: or https: module",
      'redis_streams.streams[0].start: is "now", wanted beginning, end, an entry id such as 1717000000000-0 or a time such as 2026-01-31T08:00Z',
      'redis_streams.streams[0].order: is "keys", wanted one of key, none',
      'redis_streams.streams[0].workers_max: is "1.5", wanted a whole number from 1 to 1000 (workers)',
      'redis_streams.streams[0].create_stream: is "yes", wanted true or false',
      "redis_streams.streams[1].name: is missing, wanted 1 to 256 bytes of printable text without a space at either end, and no braces but one pair such as {eu}orders",
      "redis_streams.streams[1].group: is missing, wanted 1 to 256 bytes of printable text without a space at either end",
      "redis_streams.streams[1].handler: is missing, wanted a path such as ./handler.ts, or a file:, jsr:, npm: or https: module",
      "retry.attempts_max: is a list, wanted a whole number from 1 to 1000000 (attempts)",
      'retry.max_ms: is "50", wanted at least retry.initial_ms, "100"',
    ],
  );
});

Deno.test("parseConfig refuses files that are no section at all", () => {
  const story: [string, string][] = [
    ["", "it is empty, wanted a section redis_streams"],
    ["# only", "it is empty, wanted a section redis_streams"],
    ["text", `the file: is a text, wanted a section with ${SECTIONS}`],
    ["[1]", `the file: is a list, wanted a section with ${SECTIONS}`],
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
