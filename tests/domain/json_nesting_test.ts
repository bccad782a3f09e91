/**
 * How deep JSON is nested, told by its text alone.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { JSON_LEVELS_MAX, nestsTooDeeply } from "../../src/domain/json_nesting.ts";

/** So many arrays, or records, in each other. */
function nested(levels: number, [open, close]: readonly [string, string] = ["[", "]"]): string {
  return `${open.repeat(levels)}1${close.repeat(levels)}`;
}

Deno.test("nestsTooDeeply tells exactly where the bound is, for arrays and records", () => {
  for (const pair of [["[", "]"], ['{"a":', "}"]] as const) {
    assertEquals(nestsTooDeeply(nested(JSON_LEVELS_MAX, pair)), false);
    assertEquals(nestsTooDeeply(nested(JSON_LEVELS_MAX + 1, pair)), true);
  }
  assertEquals(nestsTooDeeply(nested(1_000_000)), true);
});

Deno.test("nestsTooDeeply counts what lies in each other, not beside each other, nor in texts", () => {
  const side = JSON.stringify(Array(10_000).fill([[], {}]));
  const brackets = "[".repeat(10_000);
  const texts = JSON.stringify([brackets, `"${brackets}`, `\\"${brackets}\\`, { [brackets]: 1 }]);
  assertEquals([side, texts].map(nestsTooDeeply), [false, false]);
  const behind = `["\\\\",${nested(JSON_LEVELS_MAX)}]`;
  assertEquals(nestsTooDeeply(behind), true);
});
