/**
 * How entries' fields are stored.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeFields, encodeFields } from "../../../src/brokers/sqlite/fields.ts";
import type { FieldValue } from "../../../src/domain/entry.ts";
import { BrokerUnsupportedError } from "../../../src/domain/errors.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** What a broker gives back for a value: text where its bytes are valid UTF-8. */
function canonical(value: FieldValue): FieldValue {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  try {
    return strict.decode(bytes);
  } catch {
    return bytes;
  }
}

const anyValue: fc.Arbitrary<FieldValue> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.integer({ min: 0xd700, max: 0xe0ff })).map((units) => String.fromCharCode(...units)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes)),
);

const anyFields = fc.array(fc.tuple(anyValue, anyValue), { minLength: 1, maxLength: 5 })
  .map((pairs) => pairs.flat());

Deno.test("decodeFields gives back what encodeFields was given, byte for byte", () => {
  fc.assert(
    fc.property(anyFields, (fields) => {
      assertEquals(decodeFields(encodeFields(fields).text), fields.map(canonical));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("encodeFields gives equal keys to equal bytes, and different ones to others", () => {
  const keyOf = (value: FieldValue) => encodeFields(["key", value]).key;
  const sameBytes = (a: FieldValue, b: FieldValue) => {
    const [left, right] = [a, b].map((v) => typeof v === "string" ? encoder.encode(v) : v);
    return String(left) === String(right);
  };
  fc.assert(
    fc.property(anyValue, anyValue, fc.boolean(), (first, other, asBytes) => {
      const second = asBytes && typeof first === "string" ? encoder.encode(first) : other;
      const [left, right] = [keyOf(first), keyOf(second)];
      const isSame = typeof left === typeof right && String(left) === String(right);
      assertEquals(isSame, sameBytes(first, second));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("encodeFields takes the key from the first field of that name", () => {
  const keys = [
    encodeFields(["a", "key", "key", "1", "key", "2"]).key,
    encodeFields(["a", "b"]).key,
    encodeFields([encoder.encode("key"), encoder.encode("1")]).key,
    encodeFields(["key", "a\0b"]).key,
  ];
  assertEquals(keys, ["1", null, "1", encoder.encode("a\0b")]);
});

Deno.test("decodeFields refuses what encodeFields does not make", () => {
  const bad = ["{}", "[1,2]", "[null,1]", '[{"base64":1},"a"]', "7", "", "{", '["a"', '["a"]'];
  for (const text of [...bad, '[{"base64":"!"},"a"]']) {
    assertThrows(() => decodeFields(text), BrokerUnsupportedError);
  }
});
