/**
 * Tests that hold for every option of the table: it is read, its bounds are kept (S26), and what does not fit is told
 * with path, value and wish.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import type { Config } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { parseConfig } from "../../src/config/load.ts";
import { type Option, wantedOf } from "../../src/config/option.ts";
import { OPTIONS } from "../../src/config/options.ts";
import { parseRedisUrl } from "../../src/brokers/redis/url.ts";
import { checkPressureBounds } from "../../src/domain/pressure.ts";
import { SUPERVISION } from "../../src/orchestrator/restart_policy.ts";

/** A file with one option, and what every file needs. */
function fileWith(option: Option, value: string): string {
  const stream: Record<string, unknown> = { name: "s", group: "g", handler: "h.ts" };
  const redisStreams: Record<string, unknown> = { streams: [stream] };
  const file: Record<string, unknown> = { redis_streams: redisStreams };
  const [section = "", ...rest] = option.path.split(".");
  const key = rest.at(-1) ?? "";
  if (section === "runs" && rest.length > 1) file[section] = { kinds: [{ [key]: value }] };
  else if (section !== "redis_streams") file[section] = { [key]: value };
  else if (rest.length === 1) redisStreams[key] = value;
  else stream[key] = value;
  return JSON.stringify(file);
}

function parse(text: string): Config {
  return parseConfig(text, {
    source: "config.yaml",
    base: new URL("file:///srv/"),
    environment: () => undefined,
  });
}

/** The faults of one option with a value; others may follow from it. */
function faultsOf(option: Option, value: string): readonly string[] {
  const path = option.path.replace("[]", "[0]");
  try {
    parse(fileWith(option, value));
    return [];
  } catch (error) {
    assert(error instanceof ConfigurationError, String(error));
    return error.faults.filter((fault) =>
      fault.startsWith(`${path}: `) && fault.endsWith(`wanted ${wantedOf(option)}`)
    );
  }
}

/** A value that is not the default. */
function otherValue(option: Option): string {
  switch (option.kind) {
    case "text":
      return {
        "redis_streams.redis_url": "rediss://h",
        "redis_streams.streams[].start": "end",
        "redis_streams.streams[].codec": "fields",
        "http.hostname": "localhost",
        "http.read_token": "r".repeat(16),
        "http.control_token": "c".repeat(16),
        "http.allowed_hosts": "events.example.com,10.0.0.5:7070",
        "http.allowed_origins": "https://app.example.com",
      }[option.path] ?? "other.ts";
    case "integer":
      return String(option.default + 1);
    case "decimal":
      return String(option.default + 0.25);
    case "flag":
      return String(!option.default);
    case "choice":
      return option.choices.find((choice) => choice !== option.default) ?? "";
  }
}

Deno.test("every option of the table reaches the configuration", () => {
  // Room for one worker more at least.
  const parseWith = (file: Record<string, unknown>) =>
    parse(JSON.stringify({ ...file, pool: { workers_max: "5", ...Object(file.pool) } }));
  const plain = parseWith({
    redis_streams: { streams: [{ name: "s", group: "g", handler: "h.ts" }] },
  });
  for (const option of OPTIONS) {
    const config = parseWith(JSON.parse(fileWith(option, otherValue(option))));
    assertNotEquals(config, plain, option.path);
  }
});

Deno.test("every number keeps its bounds, and is told with path, value and wish", () => {
  let count = 0;
  for (const option of OPTIONS) {
    if (option.kind !== "integer" && option.kind !== "decimal") continue;
    count++;
    const step = option.kind === "integer" ? 1 : 0.001;
    for (const value of [option.min, option.max]) {
      assertEquals(faultsOf(option, String(value)), [], `${option.path} ${value}`);
    }
    const wrong = [
      String(option.min - step),
      String(option.max + step),
      "2147483648",
      "9".repeat(40),
      "1e309",
      "Infinity",
      "NaN",
      "-1",
      "0777",
      "1_000",
      "",
    ];
    for (const value of wrong) {
      if (Number(value) >= option.min && Number(value) <= option.max && /^\d+$/.test(value)) {
        continue;
      }
      const path = option.path.replace("[]", "[0]");
      assertEquals(faultsOf(option, value), [
        `${path}: is "${value}", wanted ${wantedOf(option)}`,
      ]);
    }
    // No timer can wait longer than 2^31 - 1 ms; it would fire at once.
    const isTimed = option.unit === "ms" && option.path !== "runs.ttl_ms"; // for that the broker's clock is asked
    if (isTimed) assert(option.max <= 2 ** 31 - 1, option.path);
  }
  assertNotEquals(count, 0);
});

Deno.test("every choice and flag takes its words only", () => {
  for (const option of OPTIONS) {
    if (option.kind !== "choice" && option.kind !== "flag") continue;
    const words = option.kind === "flag" ? ["true", "false"] : option.choices;
    for (const word of words) {
      assertEquals(faultsOf(option, word), [], option.path);
      assertEquals(faultsOf(option, word.toUpperCase()).length, 1, option.path);
    }
    for (const word of ["", " ", "yes", "__proto__", "1"]) {
      assertEquals(faultsOf(option, word).length, 1, `${option.path} ${word}`);
    }
  }
});

Deno.test("an option with a stand-in has its default, range and key", () => {
  const shared = OPTIONS.filter(({ standIn }) => standIn !== undefined);
  assertEquals(shared.map(({ path }) => path), [
    "redis_streams.streams[].mode",
    "redis_streams.streams[].workers_min",
    "redis_streams.streams[].workers_max",
  ]);
  for (const option of shared) {
    const { path: _1, text: _2, standIn, ...own } = option;
    const general = OPTIONS.find(({ path }) => path === standIn);
    assert(general !== undefined);
    const { path: _3, text: _4, ...stoodIn } = general;
    assertEquals<unknown>(own, stoodIn);
  }
});

Deno.test("redis_url takes what the Redis broker takes, and nothing else", () => {
  const option = OPTIONS.find(({ path }) => path === "redis_streams.redis_url");
  assert(option?.kind === "text");
  const taken = [
    "redis://h",
    "redis://h/",
    "rediss://me:p%40ss@h:6380/15",
    "redis://:p@127.0.0.1",
    "redis://[::1]:1",
  ];
  const refused = [
    "redis://",
    "redis://h/x",
    "redis://h/0/1",
    "redis://h/123456",
    "redis://h?db=1",
    "redis://h#1",
    "redis://me:p%@h",
    "redis://h:65536",
    "http://h",
    "h:6379",
    "//h",
    "redis//h",
  ];
  for (const url of taken) {
    assert(option.accepts(url), url);
    parseRedisUrl(url);
  }
  for (const url of refused) {
    assert(!option.accepts(url), url);
    assertThrows(() => parseRedisUrl(url));
  }
  for (const url of ["redis://h x", "redis://h\n", " redis://h"]) assert(!option.accepts(url), url);
});

Deno.test("the section supervision has the orchestrator's defaults", () => {
  const { supervision } = parse(
    "redis_streams: {streams: [{name: s, group: g, handler: h.ts}]}",
  );
  assertEquals(supervision, SUPERVISION);
});

Deno.test("the section backpressure holds bounds that the monitor takes", () => {
  const { backpressure } = parse("redis_streams: {streams: [{name: s, group: g, handler: h.ts}]}");
  const { intervalMs, ...bounds } = backpressure;
  assertEquals(intervalMs, 1_000);
  assertEquals(checkPressureBounds(bounds, "backpressure"), bounds);
});
