/**
 * Chance that can be repeated.
 *
 * @module
 */

import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { SeededRandom } from "../../src/testing/seeded_random.ts";

function drawn(seed: number, label?: string): number[] {
  const random = new SeededRandom(seed, label);
  return Array.from({ length: 8 }, () => random.next());
}

Deno.test("SeededRandom gives the same for the same seed and label, and other chance for others", () => {
  assertEquals(drawn(7, "a"), drawn(7, "a"));
  assertNotEquals(drawn(7, "a"), drawn(7, "b"));
  assertNotEquals(drawn(7), drawn(8));
  assertEquals(drawn(-3).every((each) => each >= 0 && each < 1), true);
});

Deno.test("SeededRandom gives the same on every machine and in every version", () => {
  const random = new SeededRandom(1, "machine");
  assertEquals([random.int(0, 999), random.int(0, 999), random.int(0, 999)], [662, 339, 19]);
});

Deno.test("SeededRandom.int stays within its bounds and reaches both", () => {
  const random = new SeededRandom(1);
  const seen = new Set(Array.from({ length: 200 }, () => random.int(-2, 2)));
  assertEquals([...seen].sort((one, other) => one - other), [-2, -1, 0, 1, 2]);
});

Deno.test("SeededRandom.uniqueText looks like a UUID and never comes twice", () => {
  const random = new SeededRandom(1);
  const texts = Array.from({ length: 1_000 }, () => random.uniqueText());
  assertMatch(texts[0] ?? "", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  assertEquals(new Set(texts).size, 1_000);
});

Deno.test("SeededRandom.weighted never gives what weighs nothing", () => {
  const random = new SeededRandom(1);
  const seen = new Set(
    Array.from({ length: 100 }, () => random.weighted([["a", 1], ["never", 0], ["b", 3]])),
  );
  assertEquals([...seen].sort(), ["a", "b"]);
});

Deno.test("SeededRandom cannot pick one of nothing", () => {
  const random = new SeededRandom(1);
  assertThrows(() => random.pick([]), RangeError, "one of nothing");
  assertThrows(() => random.weighted([]), RangeError, "one of nothing");
});
