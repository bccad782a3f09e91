/**
 * Tests of how entries, also those of careless producers, are read as events.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Codec, decodeEntry } from "../../src/domain/codec.ts";
import type { EntryFields } from "../../src/domain/entry.ts";
import { UndecodableEntryError } from "../../src/domain/event_errors.ts";
import type { Event } from "../../src/domain/event.ts";

const BYTES = new Uint8Array([0xff, 0xfe]);

function decode(fields: EntryFields, codec: Codec = "event"): Event {
  return decodeEntry({ id: "1-0", fields }, "orders", codec);
}

function reasonOf(fields: EntryFields, codec: Codec = "event"): string {
  return assertThrows(() => decode(fields, codec), UndecodableEntryError).reason;
}

Deno.test("decodeEntry tells why an entry is no event", () => {
  const typed = ["event_type", "t"];
  const story: [EntryFields, string][] = [
    [["payload", "1"], 'field "event_type" is missing'],
    [["event_type", "", "payload", "1"], 'field "event_type" is empty'],
    [["event_type", BYTES, "payload", "1"], 'field "event_type" is not UTF-8'],
    [typed, 'field "payload" is missing'],
    [[...typed, "payload", ""], 'field "payload" is not JSON: it is empty'],
    [[...typed, "payload", "secret"], 'field "payload" is not JSON: it has 6 characters'],
    [[...typed, "payload", '{"a":1 x'], 'field "payload" is not JSON: at position 7'],
    [[...typed, "payload", BYTES], 'field "payload" is not UTF-8'],
    [[...typed, "payload", "1", "key", BYTES], 'field "key" is not UTF-8'],
    [
      [...typed, "payload", "1", "headers", "["],
      'field "headers" is not JSON: it has 1 characters',
    ],
    [[...typed, "payload", "1", "headers", "[]"], "its headers are no record of texts"],
    [[...typed, "payload", "1", "headers", "null"], "its headers are no record of texts"],
    [[...typed, "payload", "1", "headers", '{"a":1}'], "its headers are no record of texts"],
  ];
  assertEquals(story.map(([fields]) => reasonOf(fields)), story.map(([, reason]) => reason));
});

Deno.test("decodeEntry reads scalars, surrogates and odd JSON as they are", () => {
  const payloads = ["0", "null", '"text"', "true", "-0", "1e400", '"\\ud800"', '{"a":1,"a":2}'];
  assertEquals(
    payloads.map((payload) => decode(["event_type", "t", "payload", payload]).data),
    [0, null, "text", true, -0, Infinity, "\ud800", { a: 2 }],
  );
});

Deno.test("decodeEntry takes the first of repeated fields and passes over unknown ones", () => {
  const event = decode([
    ...["event_type", "first", "payload", "1", "event_type", "second", "payload", "x"],
    ...["key", "k1", "key", "k2", BYTES, BYTES, "__proto__", "x", "constructor", "y"],
  ]);
  assertEquals([event.type, event.data, event.key], ["first", 1, "k1"]);
});

Deno.test("decodeEntry ignores a source_id that is no entry id", () => {
  const base = ["event_type", "t", "payload", "1", "source_id"];
  assertEquals(decode([...base, "5-1"]).sourceId, "5-1");
  assertEquals(decode([...base, "user-42"]).sourceId, undefined);
});

Deno.test("decodeEntry keeps dangerous header names harmless", () => {
  const { headers } = decode([
    ...["event_type", "t", "payload", "1"],
    ...["headers", '{"__proto__":"p","constructor":"c","a":"b"}'],
  ]);
  assertEquals(Object.entries(headers), [["__proto__", "p"], ["constructor", "c"], ["a", "b"]]);
  assertEquals(Object.getPrototypeOf(headers), null);
  assertEquals(Object.getPrototypeOf(decode(["event_type", "t", "payload", "1"]).headers), null);
});

Deno.test("decodeEntry survives JSON nested 100,000 deep", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assert(Array.isArray(decode(["event_type", "t", "payload", deep]).data));
  assertEquals(
    reasonOf(["event_type", "t", "payload", "[".repeat(100_000)]).startsWith("field"),
    true,
  );
});

Deno.test("decodeEntry reads 20,000 fields", () => {
  const noise = Array.from({ length: 40_000 }, (_, index) => `n${index}`);
  assertEquals(decode([...noise, "event_type", "t", "payload", "1"]).data, 1);
});

Deno.test("decodeEntry with the codec fields keeps every pair in order", () => {
  const event = decode(["a", "1", "a", "2", "__proto__", "p", "key", "k", "raw", BYTES], "fields");
  assertEquals(event.type, "entry");
  assertEquals(event.key, "k");
  assertEquals(event.data, [
    ["a", "1"],
    ["a", "2"],
    ["__proto__", "p"],
    ["key", "k"],
    ["raw", BYTES],
  ]);
  assertEquals(decode(["key", BYTES], "fields").key, "fffe");
});

Deno.test("decodeEntry with a function takes what it answers", () => {
  const event = decode(["n", "5"], (entry) => ({
    type: "number",
    data: Number(entry.fields[1]),
    key: "k",
    headers: { h: "v" },
  }));
  assertEquals([event.type, event.data, event.key, event.headers.h], ["number", 5, "k", "v"]);
});

Deno.test("decodeEntry refuses what a bad function does", () => {
  const answers = (answer: unknown): Codec => () => JSON.parse(JSON.stringify(answer));
  const story: [Codec, string][] = [
    [() => {
      throw new Error("bad\nline");
    }, "the codec threw bad\\nline"],
    [() => {
      throw new UndecodableEntryError("its version is 9");
    }, "its version is 9"],
    [answers(5), "the codec answered no record, wanted {type, data}"],
    [answers({ data: 1 }), "the codec answered no type, wanted {type, data}"],
    [answers({ type: "" }), "the codec answered no type, wanted {type, data}"],
    [answers({ type: "t", key: 5 }), "the codec answered a number as key, wanted a text"],
    [answers({ type: "t", headers: [1] }), "its headers are no record of texts"],
    [
      () => Object.assign(Promise.reject(new Error("late")), { type: "t", data: 1 }),
      "the codec answered a promise, wanted {type, data} at once",
    ],
  ];
  assertEquals(story.map(([codec]) => reasonOf(["a", "b"], codec)), story.map(([, why]) => why));
});

Deno.test("decodeEntry throws nothing but UndecodableEntryError, whatever the entry holds", () => {
  const part = fc.oneof(
    fc.constantFrom("event_type", "payload", "key", "headers", "source_id", "__proto__", "{}"),
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.uint8Array(),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 20 }), (fields) => {
    for (const codec of ["event", "fields"] as const) {
      try {
        decode(fields, codec);
      } catch (error) {
        assert(error instanceof UndecodableEntryError);
      }
    }
  }));
});
