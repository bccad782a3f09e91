/**
 * Tests of how many consumers a configuration makes, how they are called, and how many workers each has.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import type { Config } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { consumerNames, withConsumer } from "../../src/config/consumers.ts";
import { parseConfig } from "../../src/config/load.ts";

/** A configuration with such streams, and more. */
function parse(streams: readonly Record<string, unknown>[], more: Record<string, unknown> = {}) {
  const items = streams.map((stream) => ({ name: "s", group: "g", handler: "h.ts", ...stream }));
  return parseConfig(JSON.stringify({ redis_streams: { streams: items }, ...more }), {
    source: "config.yaml",
    base: new URL("file:///srv/"),
    environment: () => undefined,
  });
}

function faultsOf(...given: Parameters<typeof parse>): readonly string[] {
  return assertThrows(() => parse(...given), ConfigurationError).faults;
}

function workersOf(config: Config) {
  return config.redisStreams.streams.map(({ mode, workersMin, workersMax }) => [
    mode,
    workersMin,
    workersMax,
  ]);
}

function namesOf(config: Config) {
  return config.redisStreams.streams.map(consumerNames);
}

Deno.test("consumerNames counts where there is more than one", () => {
  assertEquals(namesOf(parse([{}, { name: "t", consumer: "a b", consumers: "3" }])), [
    ["main"],
    ["a b-1", "a b-2", "a b-3"],
  ]);
});

Deno.test("parseConfig wants a name of its own for each consumer of a group, numbered or not", () => {
  const taken = (value: string) => [
    `redis_streams.streams[1].consumer: is "${value}", wanted another name for each consumer of the group`,
  ];
  assertEquals(faultsOf([{}, {}]), taken("main"));
  assertEquals(faultsOf([{ consumers: "2" }, { consumer: "main-2" }]), taken("main-2"));
  assertEquals(faultsOf([{ consumer: "main-2" }, { consumers: "2" }]), taken("main"));
  assertEquals(faultsOf([{ consumers: "2" }, { consumers: "200" }]), taken("main"));
  // Another group, another stream, another number.
  const config = parse([
    { consumers: "2" },
    { group: "g2", consumers: "2" },
    { name: "t", consumers: "2" },
    { consumer: "main-3" },
    { consumer: "main" },
  ]);
  assertEquals(namesOf(config).at(-2), ["main-3"]);
});

Deno.test("parseConfig wants one opinion about the order of keys in a group", () => {
  assertEquals(faultsOf([{}, { consumer: "c2", order: "none" }]), [
    'redis_streams.streams[1].order: is "none", wanted the same as the group\'s other consumers',
  ]);
  parse([{}, { group: "g2", order: "none" }]);
});

Deno.test("parseConfig wants room for the number in a consumer's name", () => {
  const name = "n".repeat(254);
  assertEquals(namesOf(parse([{ consumer: name, consumers: "9" }]))[0]?.at(-1), `${name}-9`);
  assertEquals(faultsOf([{ consumer: name, consumers: "10" }]), [
    `redis_streams.streams[0].consumer: is "${"n".repeat(79)}…", wanted a shorter name, to which ` +
    'a number is added (redis_streams.streams[0].consumers, "10")',
  ]);
});

Deno.test("parseConfig takes 1,000 consumers and 1,000 threads in all, and no more", () => {
  const streams = (consumers: number[]) =>
    consumers.map((count, index) => ({ name: `s${index}`, consumers: String(count) }));
  assertEquals(namesOf(parse(streams([200, 200, 200, 200, 200]))).flat().length, 1_000);
  assertEquals(faultsOf(streams([200, 200, 200, 200, 200, 1])), [
    "redis_streams.streams: has 1001 consumers, wanted at most 1000",
  ]);
  const threads = { pool: { mode: "threads", workers_max: "5" } };
  parse(streams([200]), threads);
  parse([{ mode: "inline", consumers: "200" }], threads);
  assertEquals(faultsOf(streams([200, 1]), threads), [
    "redis_streams.streams: may start 1005 threads, wanted at most 1000 (consumers times workers_max)",
  ]);
});

Deno.test("a stream takes from the section pool what it does not say itself", () => {
  const pool = { mode: "threads", workers_min: "3", workers_max: "6" };
  const streams = [
    {},
    { name: "t", mode: "inline" },
    { name: "u", workers_min: "1", workers_max: "2" },
    { name: "v", workers_min: "5" },
    { name: "w", workers_max: "9" },
  ];
  assertEquals(workersOf(parse(streams, { pool })), [
    ["threads", 3, 6],
    ["inline", 3, 6],
    ["threads", 1, 2],
    ["threads", 5, 6],
    ["threads", 3, 9],
  ]);
});

Deno.test("parseConfig wants as many workers at most as at least, and tells it where it is written", () => {
  assertEquals(faultsOf([{}], { pool: { workers_min: "2" } }), [
    'pool.workers_max: is "1", wanted at least pool.workers_min, "2"',
  ]);
  assertEquals(faultsOf([{ workers_min: "3", workers_max: "2" }]), [
    'redis_streams.streams[0].workers_max: is "2", wanted at least redis_streams.streams[0].workers_min, "3"',
  ]);
  assertEquals(faultsOf([{ workers_min: "3" }]), [
    'redis_streams.streams[0].workers_min: is "3", wanted at most pool.workers_max, "1"',
  ]);
  assertEquals(faultsOf([{ workers_max: "3" }], { pool: { workers_min: "4", workers_max: "4" } }), [
    'redis_streams.streams[0].workers_max: is "3", wanted at least pool.workers_min, "4"',
  ]);
  // A wrong value is told once: the default that stands in for it is nobody's.
  assertEquals(faultsOf([{ workers_min: "3", workers_max: "x" }]), [
    'redis_streams.streams[0].workers_max: is "x", wanted a whole number from 1 to 1000 (workers)',
  ]);
});

Deno.test("parseConfig wants the longest wait to be no shorter than the first", () => {
  assertEquals(
    faultsOf([{}], { supervision: { initial_ms: "500", max_ms: "499" }, retry: { max_ms: "99" } }),
    [
      'retry.max_ms: is "99", wanted at least retry.initial_ms, "100"',
      'supervision.max_ms: is "499", wanted at least supervision.initial_ms, "500"',
    ],
  );
  assertEquals(faultsOf([{}], { supervision: { initial_ms: "soon", max_ms: "100" } }), [
    'supervision.initial_ms: is "soon", wanted a whole number from 1 to 3600000 (ms)',
  ]);
});

Deno.test("withConsumer renames every consumer, and counts where there is more than one", () => {
  const config = parse([{ consumers: "2" }, { name: "t" }]);
  assertEquals(namesOf(withConsumer(config, "pod")), [["pod-1", "pod-2"], ["pod"]]);
  assertEquals(namesOf(config), [["main-1", "main-2"], ["main"]]);
});

Deno.test("withConsumer refuses names that would be given twice, or are too long", () => {
  const refusalOf = (config: Config, name: string) =>
    assertThrows(() => withConsumer(config, name), ConfigurationError);
  const twice = parse([{ consumer: "a", consumers: "2" }, { consumer: "b", consumers: "3" }]);
  assertEquals(refusalOf(twice, "c").message.split("\n"), [
    "Cannot use one consumer name for the whole configuration: 1 fault",
    '  stream "s": group "g" has the consumers "a" and "b", which cannot both be "c-1", leave their names to the file',
  ]);
  assertEquals(refusalOf(parse([{ consumers: "2" }]), "n".repeat(255)).faults, [
    `stream "s": "${"n".repeat(255)}" is too long for a name with a number`,
  ]);
});
