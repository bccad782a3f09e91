/**
 * Entries: their fields and their size.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { fieldsByteLength, fieldValue, utf8Length } from "../../src/domain/entry.ts";

const encoder = new TextEncoder();

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 })).map((units) => String.fromCharCode(...units)),
);

Deno.test("utf8Length counts what TextEncoder writes, lone surrogates included", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assertEquals(utf8Length(text), encoder.encode(text).byteLength);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("fieldsByteLength counts names and values, text and bytes", () => {
  assertEquals(fieldsByteLength(["é", "🌊", "raw", new Uint8Array(7)]), 2 + 4 + 3 + 7);
  assertEquals(fieldsByteLength([]), 0);
});

Deno.test("T26: fieldValue finds the first value of a name, and no value as a name", () => {
  const fields = ["x", "key", "key", "1", "key", "2", "__proto__", "p"];
  assertEquals([
    fieldValue(fields, "key"),
    fieldValue(fields, "__proto__"),
    fieldValue(fields, "1"),
    fieldValue(fields, "toString"),
    fieldValue(["odd"], "odd"),
  ], ["1", "p", undefined, undefined, undefined]);
});
