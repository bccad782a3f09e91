/**
 * Tests of how events are written into entries.
 *
 * @module
 */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeEntry } from "../../src/domain/codec.ts";
import { fieldValue } from "../../src/domain/entry.ts";
import { InvalidEventError } from "../../src/domain/event_errors.ts";
import { encodeEvent, type NewEvent, PAYLOAD_BYTES_LIMIT } from "../../src/domain/event.ts";

/** Calls as an untyped program would. */
function encodeUntyped(event: Record<string, unknown>): readonly unknown[] {
  return encodeEvent(Object.assign({ type: "" }, event));
}

function reasonOf(event: Record<string, unknown>): string {
  return assertThrows(() => encodeUntyped(event), InvalidEventError).reason;
}

Deno.test("encodeEvent writes only what is given, in a fixed order", () => {
  assertEquals(encodeEvent({ type: "order.placed", data: { n: 1 } }), [
    "event_type",
    "order.placed",
    "payload",
    '{"n":1}',
  ]);
  assertEquals(
    encodeEvent({
      type: "order.placed",
      data: 1,
      key: "customer-1",
      headers: { trace: "abc" },
      idempotencyKey: "order-1",
    }, { sourceId: "5-0" }),
    [
      ...["event_type", "order.placed", "payload", "1", "key", "customer-1"],
      ...["headers", '{"trace":"abc"}', "idempotency_key", "order-1", "source_id", "5-0"],
    ],
  );
});

Deno.test("encodeEvent writes absent data as null and empty headers not at all", () => {
  assertEquals(encodeEvent({ type: "tick", headers: {} }), [
    "event_type",
    "tick",
    "payload",
    "null",
  ]);
});

Deno.test("encodeEvent refuses types that are missing, too long or unprintable", () => {
  for (const type of ["", "  ", undefined, 5, null]) {
    assertStringIncludes(reasonOf({ type }), "its type is missing");
  }
  assertStringIncludes(reasonOf({ type: "é".repeat(129) }), "258 bytes");
  for (const type of ["a\nb", "a\u0000", "\u202Eabc", "a\u2028b", "\ud800", "\u001b[31m"]) {
    assertStringIncludes(reasonOf({ type }), "control characters");
  }
});

Deno.test("encodeEvent names the reason why data is no JSON", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  let deep: unknown = new Date(0); // its toJSON makes V8 recurse
  for (let level = 0; level < 100_000; level++) deep = [deep];
  const throwing = {
    toJSON(): unknown {
      throw new Error("no");
    },
  };
  assertStringIncludes(reasonOf({ type: "t", data: circle }), "it holds itself");
  assertStringIncludes(reasonOf({ type: "t", data: { n: 1n } }), "bigint");
  assertStringIncludes(reasonOf({ type: "t", data: deep }), "nested too deeply");
  assertStringIncludes(reasonOf({ type: "t", data: () => 1 }), "is a function");
  assertStringIncludes(reasonOf({ type: "t", data: Symbol("s") }), "is a symbol");
  assertStringIncludes(reasonOf({ type: "t", data: throwing }), "toJSON");
});

Deno.test("encodeEvent bounds the payload by bytes of UTF-8, not by length", () => {
  const quotes = 2;
  const fits = "é".repeat((PAYLOAD_BYTES_LIMIT - quotes) / 2 - 1);
  assertEquals(encodeEvent({ type: "t", data: fits }).length, 4);
  // One more character makes exactly 1 MiB, half of that as string length.
  assertStringIncludes(
    reasonOf({ type: "t", data: `${fits}é` }),
    "its data has 1048576 bytes as JSON",
  );
  assertEquals(encodeEvent({ type: "t", data: `${fits}e` }).length, 4);
});

Deno.test("encodeEvent refuses keys that are empty, too long or not well-formed", () => {
  for (const name of ["key", "idempotencyKey"]) {
    assertStringIncludes(reasonOf({ type: "t", [name]: "" }), `its ${name} is empty`);
    assertStringIncludes(reasonOf({ type: "t", [name]: 7 }), "no text");
    assertStringIncludes(reasonOf({ type: "t", [name]: "é".repeat(513) }), "1026 bytes");
    assertStringIncludes(reasonOf({ type: "t", [name]: "a\ud800" }), "surrogate");
  }
});

Deno.test("encodeEvent bounds headers and keeps them texts", () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`h${n}`, "v"]));
  assertStringIncludes(reasonOf({ type: "t", headers: many }), "65 headers");
  assertStringIncludes(reasonOf({ type: "t", headers: { a: "x".repeat(16_400) } }), "16408 bytes");
  assertStringIncludes(reasonOf({ type: "t", headers: { a: 1 } }), 'header "a" is a number');
  assertStringIncludes(reasonOf({ type: "t", headers: { "": "x" } }), 'header ""');
  assertStringIncludes(reasonOf({ type: "t", headers: ["x"] }), "no record");
  assertStringIncludes(reasonOf({ type: "t", headers: null }), "no record");
});

Deno.test("encodeEvent escapes half surrogate pairs in data and headers", () => {
  const fields = encodeEvent({ type: "t", data: "\ud800", headers: { h: "\udc00" } });
  assertEquals(fieldValue(fields, "payload"), '"\\ud800"');
  assertEquals(fieldValue(fields, "headers"), '{"h":"\\udc00"}');
});

Deno.test("encodeEvent and decodeEntry are inverse", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 50 });
  const events = fc.record({
    type: fc.stringMatching(/^[a-z][a-z.]{0,30}$/),
    data: fc.jsonValue({ maxDepth: 4 }),
    key: fc.option(text, { nil: undefined }),
    headers: fc.dictionary(text, fc.string({ unit: "binary" }), { maxKeys: 5 }),
    idempotencyKey: fc.option(text, { nil: undefined }),
  });
  fc.assert(fc.property(events, (event: NewEvent) => {
    const fields = encodeEvent(event, { sourceId: "7-3" });
    const decoded = decodeEntry({ id: "8-0", fields }, "orders", "event");
    assertEquals(
      { ...decoded, data: JSON.stringify(decoded.data), headers: Object.entries(decoded.headers) },
      {
        id: "8-0",
        stream: "orders",
        type: event.type,
        data: JSON.stringify(event.data),
        key: event.key,
        headers: Object.entries(event.headers ?? {}),
        idempotencyKey: event.idempotencyKey,
        sourceId: "7-3",
      },
    );
  }));
});
