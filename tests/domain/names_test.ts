/**
 * Names of streams, groups and consumers.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidNameError } from "../../src/domain/errors.ts";
import { checkName, deadLetterStream, slotPrefix } from "../../src/domain/names.ts";

Deno.test("T25: checkName refuses empty, long and unprintable names", () => {
  const bad = [
    "",
    " ",
    "\t",
    " a",
    "a ",
    "a\nb",
    "a\0",
    "\u200b",
    "a\u2028b",
    "\ud800",
    "\u202eabc",
  ];
  for (const name of [...bad, "x".repeat(257), "é".repeat(129)]) {
    assertThrows(() => checkName("stream", name), InvalidNameError, "stream", JSON.stringify(name));
  }
  for (const name of ["a", "a b", "{eu}:orders", "é", "🌊", "x".repeat(256), "__proto__"]) {
    assertEquals(checkName("group", name), name);
  }
});

Deno.test("checkName returns the name or throws its own error", () => {
  const encoder = new TextEncoder();
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
  );
  fc.assert(
    fc.property(anyText, (name) => {
      try {
        assertEquals(checkName("consumer", name), name);
      } catch (error) {
        assert(error instanceof InvalidNameError);
        return;
      }
      assert(name.trim() === name && name !== "" && encoder.encode(name).byteLength <= 256);
      assert(!/\p{Cc}/u.test(name) && name.isWellFormed());
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("checkName takes the dead letters of every stream whose name will do, and theirs", () => {
  for (const stream of ["x".repeat(256), "é".repeat(128), `{eu}${"x".repeat(252)}`]) {
    const letters = deadLetterStream(checkName("stream", stream));
    assertEquals(checkName("stream", letters), letters);
    const theirs = deadLetterStream(letters);
    assertEquals(checkName("stream", theirs), theirs);
    assertThrows(() => checkName("stream", deadLetterStream(theirs)), InvalidNameError);
    assertThrows(() => checkName("group", letters), InvalidNameError);
  }
  const long = deadLetterStream("x".repeat(257));
  assertThrows(() => checkName("stream", long), InvalidNameError);
});

Deno.test("slotPrefix gives a stream and what derives from it one slot", () => {
  // The hash tag as Redis Cluster finds it: between the first "{" and the next "}", unless empty.
  const tagOf = (key: string) => {
    const open = key.indexOf("{");
    const close = open < 0 ? -1 : key.indexOf("}", open + 1);
    return close > open + 1 ? key.slice(open + 1, close) : key;
  };
  const names = ["orders", "{eu}orders", "orders:{eu}", "a b", "a{b", "{a}{b}", "{a}b}"];
  for (const name of names) {
    assertEquals(tagOf(slotPrefix(name)), tagOf(name), name);
    assertEquals(tagOf(deadLetterStream(name)), tagOf(name), name);
  }
  assertEquals(deadLetterStream("orders"), "{orders}:dead-letters");
});

Deno.test("T23: checkName refuses stream names whose slot in Redis Cluster is not clear", () => {
  for (const name of ["a}b", "{}x", "a{}b{c}", "{a}{b}", "{a", "{{a}}"]) {
    assertThrows(() => checkName("stream", name), InvalidNameError, "one pair such as {eu}orders");
  }
  for (const name of ["orders", "{eu}orders", "a{b}c", "{orders}:dead-letters"]) {
    assertEquals(checkName("stream", name), name);
  }
  assertEquals(checkName("group", "a}b"), "a}b");
});
