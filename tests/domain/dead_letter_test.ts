/**
 * Tests that a dead letter keeps its entry and its story.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import {
  DEAD_LETTER_BYTES_MAX,
  deadLetterCause,
  deadLetterFields,
  type DeadLetterOptions,
  readDeadLetter,
} from "../../src/domain/dead_letter.ts";
import type { EntryFields } from "../../src/domain/entry.ts";

const LETTER: DeadLetterOptions = {
  stream: "orders",
  group: "billing",
  consumer: "billing-1",
  id: "5-1",
  reason: "failed 5 times",
  error: new TypeError("no such customer"),
  attempts: 5,
  deliveries: 2,
  diedAtMs: 1_700_000_000_000,
  fields: ["event_type", "t", "payload", "{}"],
};

function written(changes: Partial<DeadLetterOptions>): EntryFields {
  return deadLetterFields({ ...LETTER, ...changes }).fields;
}

Deno.test("deadLetterFields puts the story first and the original fields after it", () => {
  const { stream, fields } = deadLetterFields(LETTER);
  assertEquals(stream, "{orders}:dead-letters");
  assertEquals(fields[0], "dead_letter");
  assertEquals(fields.slice(2), LETTER.fields);
});

Deno.test("readDeadLetter gives back what was written, bytes included", () => {
  const fields = ["a", new Uint8Array([0xff, 0]), new Uint8Array([0xfe]), "b", "a", "again"];
  assertEquals(readDeadLetter({ fields: written({ fields }) }), {
    meta: {
      stream: "orders",
      group: "billing",
      consumer: "billing-1",
      id: "5-1",
      reason: "failed 5 times",
      error: { name: "TypeError", message: "no such customer" },
      attempts: 5,
      deliveries: 2,
      diedAtMs: 1_700_000_000_000,
    },
    fields,
  });
});

Deno.test("deadLetterFields cuts and escapes what errors say and hides passwords", () => {
  const told = (error: unknown) => readDeadLetter({ fields: written({ error }) })?.meta.error;
  assertEquals(told(null), null);
  assertEquals(told(undefined), null);
  assertEquals(told("text"), { name: "NotAnError", message: "text" });
  assertEquals(told(new Error("a\r\n\u001b[31mb\u202ec\u2028")), {
    name: "Error",
    message: "a\\r\\n\\u001b[31mb\\u202ec\\u2028",
  });
  assertEquals(told(new Error("x".repeat(3_000)))?.message.length, 2_000);
  assertEquals(
    told(new Error("cannot open redis://me:canary@host:1/0 password=canary"))?.message,
    "cannot open redis://***@host:1/0 password=***",
  );
  assertEquals(told(Object.create(null))?.name, "NotAnError");
});

Deno.test("deadLetterFields keeps the size and the hash of an original that is too large", () => {
  const atTheLimit = ["a", "x".repeat(DEAD_LETTER_BYTES_MAX - 1)];
  assertEquals(written({ fields: atTheLimit }).slice(2), atTheLimit);
  const fields = written({ fields: ["ab", "x".repeat(DEAD_LETTER_BYTES_MAX - 1)] });
  assertEquals(fields.length, 2);
  const omitted = readDeadLetter({ fields })?.meta.omitted;
  assertEquals(omitted?.bytes, DEAD_LETTER_BYTES_MAX + 1);
  assertEquals(omitted?.sha256.length, 64);
});

Deno.test("readDeadLetter answers undefined for entries of other programs", () => {
  const damaged = [
    [],
    ["dead_letter"],
    ["event_type", "t", "dead_letter", "{}"],
    ["dead_letter", new Uint8Array([0xff])],
    ["dead_letter", "{"],
    ["dead_letter", "null"],
    ["dead_letter", "[]"],
    ["dead_letter", "{}"],
    ["dead_letter", JSON.stringify({ ...LETTER, id: "x" })],
    ["dead_letter", JSON.stringify({ ...LETTER, error: 5 })],
    ["dead_letter", JSON.stringify({ ...LETTER, error: null, attempts: -1 })],
    ["dead_letter", JSON.stringify({ ...LETTER, error: null, omitted: {} })],
  ];
  for (const fields of damaged) assertEquals(readDeadLetter({ fields }), undefined);
});

Deno.test("deadLetterFields and readDeadLetter never throw", () => {
  const anything = fc.anything({ withBigInt: true, withNullPrototype: true });
  fc.assert(fc.property(anything, fc.string({ unit: "binary" }), (error, reason) => {
    const letter = readDeadLetter({ fields: written({ error, reason }) });
    assert(letter !== undefined);
    assertFalse(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(JSON.stringify(letter.meta)));
  }));
  fc.assert(fc.property(fc.json(), (text) => {
    assertEquals(readDeadLetter({ fields: ["dead_letter", text] }), undefined);
  }));
});

Deno.test("deadLetterCause says what the last error said, in one short and safe line", () => {
  const causes: [Partial<DeadLetterOptions>, string | null][] = [
    [{}, "no such customer"],
    [{ error: null }, null],
    [{ error: new Error("not JSON"), reason: "not JSON" }, null],
    [{ error: new TypeError("") }, "TypeError"],
    [{ error: new Error("\u001b[2Jred\nline") }, "\\u001b[2Jred\\nline"],
    [{ error: new Error("at redis://me:canary@host") }, "at redis://***@host"],
    [{ error: new Error("x".repeat(5_000)) }, `${"x".repeat(199)}…`],
  ];
  for (const [changes, cause] of causes) {
    const letter = readDeadLetter({ fields: written(changes) });
    assert(letter !== undefined);
    assertEquals(deadLetterCause(letter.meta), cause);
  }
  // What another program has written was not cleaned before.
  const meta = { ...LETTER, error: { name: "E", message: "a\u202eb token=canary" } };
  assertEquals(deadLetterCause(meta), "a\\u202eb token=***");
});
