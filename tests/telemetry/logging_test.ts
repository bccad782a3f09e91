/**
 * Tests that a log line stays one short line, whatever somebody puts into it (S28, S30).
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { humanLine, jsonLine, type LogLine } from "../../src/telemetry/logging_line.ts";
import { type LoggingOptions, openLog, setUpLogging } from "../../src/telemetry/logging.ts";

const LINE: LogLine = {
  time: new Date("2026-01-31T08:00:00.123Z"),
  level: "warn",
  part: "consumer",
  message: "Reclaimed entries",
  fields: { stream: "orders", count: 3, forced: false, after: null },
};

/** What is written while the log is set up in a way. */
function written(options: Omit<LoggingOptions, "write">, speak: () => void): string[] {
  const lines: string[] = [];
  setUpLogging({ ...options, write: (line) => lines.push(line) });
  speak();
  return lines;
}

Deno.test("jsonLine writes time, level, part, message and fields", () => {
  assertEquals(
    jsonLine(LINE),
    '{"time":"2026-01-31T08:00:00.123Z","level":"warn","part":"consumer",' +
      '"message":"Reclaimed entries","stream":"orders","count":3,"forced":false,"after":null}',
  );
});

Deno.test("humanLine writes the same for people, coloured or not", () => {
  assertEquals(
    humanLine(LINE, { colour: false }),
    "08:00:00.123 WARN  consumer: Reclaimed entries stream=orders count=3 forced=false after=null",
  );
  assert(humanLine(LINE, { colour: true }).startsWith("08:00:00.123 \u001b[33mWARN \u001b[0m "));
});

Deno.test("a field cannot pass for what the line itself says", () => {
  const fields = { level: "debug", message: "other", field_level: "x", __proto__: null };
  const read = JSON.parse(jsonLine({ ...LINE, fields }));
  assertEquals([read.level, read.message], ["warn", "Reclaimed entries"]);
});

Deno.test("a long line is cut to 2,048 characters and says so", () => {
  const long = "\u202e".repeat(5_000);
  const text = jsonLine({ ...LINE, message: "x".repeat(900), fields: { long, last: 1 } });
  assert(text.length <= 2_048);
  const read = JSON.parse(text);
  assertEquals([read.cut, read.last, read.message.length], [true, 1, 900]);
  assert(humanLine({ ...LINE, fields: { long } }, { colour: false }).length <= 2_048);
});

Deno.test("no line shows a password", () => {
  const fields = {
    url: "rediss://me:can@/ary@host:1/0",
    password: "canary",
    redisPassword: "canary",
    authToken: "canary",
    text: 'auth failed for {"password":"canary"} and token=canary',
  };
  const line = { ...LINE, message: "Lost redis://:canary@h", fields };
  for (const text of [jsonLine(line), humanLine(line, { colour: false })]) {
    assertFalse(/canary|ary@/.test(text), text);
  }
});

Deno.test("every line is one line, short, and JSON lines are JSON", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3_000, size: "max" }),
    fc.constantFrom("\r\n", "\u001b[31m", "\u2028", "\u202e", "\u009b", "\ud800", "\u{e0001}"),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
  );
  const fields = fc.dictionary(fc.string({ unit: "binary" }), value, { maxKeys: 8 });
  const message = fc.string({ unit: "binary", maxLength: 3_000, size: "max" });
  fc.assert(fc.property(message, fields, (message, fields) => {
    const line = { ...LINE, message, fields };
    const json = jsonLine(line);
    JSON.parse(json);
    for (const text of [json, humanLine(line, { colour: false })]) {
      assert(text.length <= 2_048);
      assertFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text));
    }
  }));
});

Deno.test("setUpLogging passes the level and above, from logs opened before and after", () => {
  const before = openLog("before");
  const lines = written({ level: "warn", format: "json" }, () => {
    for (const log of [before, openLog("after")]) {
      for (const level of ["debug", "info", "warn", "error"] as const) log.log(level, level);
    }
  });
  assertEquals(
    lines.map((line) => JSON.parse(line)).map(({ part, level }) => `${part} ${level}`),
    ["before warn", "before error", "after warn", "after error"],
  );
});

Deno.test("setUpLogging writes every equal line", () => {
  const lines = written({ level: "debug", format: "human" }, () => {
    for (let round = 0; round < 20; round++) openLog("p").log("debug", "again");
  });
  assertEquals(lines.length, 20);
});

Deno.test("openLog never throws", () => {
  setUpLogging({
    level: "debug",
    format: "json",
    write: () => {
      throw new Error("the disk is full");
    },
  });
  openLog("p").log("error", "lost");
});
