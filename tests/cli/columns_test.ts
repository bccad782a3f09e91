/**
 * Tests of tables for a terminal.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import stringWidth from "string-width";
import { type Column, cutToWidth, NAME_WIDTH_MIN, tableText } from "../../src/cli/columns.ts";
import { HOSTILE, STEERING } from "./operator_place.ts";

const COLUMNS: readonly Column<readonly [string, string, number]>[] = [
  { title: "name", cell: ([name]) => name, widthMin: NAME_WIDTH_MIN },
  { title: "other", cell: ([, other]) => other, widthMin: NAME_WIDTH_MIN },
  { title: "count", cell: ([, , count]) => String(count), isNumber: true },
];

Deno.test("tableText puts texts to the left and numbers to the right", () => {
  assertEquals(
    tableText(COLUMNS, [["a", "b", 1], ["größe", "東京", 1_000]]),
    "name   other  count\na      b          1\ngröße  東京    1000",
  );
  assertEquals(tableText(COLUMNS, []), "name  other  count");
});

Deno.test("tableText fits 100 columns and steers no terminal, whatever stands in it", () => {
  for (const text of HOSTILE) {
    const table = tableText(COLUMNS, [[text, text, 1], ["short", "x".repeat(300), 2]]);
    assert(!STEERING.test(table), JSON.stringify(table));
    const lines = table.split("\n");
    assertEquals(lines.length, 3);
    for (const line of lines) assert(stringWidth(line) <= 100, line);
  }
});

Deno.test("tableText takes from the widest column only what is needed", () => {
  const table = tableText(COLUMNS, [["n".repeat(30), "o".repeat(80), 12_345]]);
  assertEquals(table.split("\n")[1], `${"n".repeat(30)}  ${"o".repeat(60)}…  12345`);
});

Deno.test("cutToWidth cuts between characters and marks the cut", () => {
  const story: [string, number, string][] = [
    ["abc", 3, "abc"],
    ["abcd", 3, "ab…"],
    ["東京", 4, "東京"],
    ["東京都", 4, "東…"],
    ["東京都", 5, "東京…"],
    ["a👨‍👩‍👧b", 3, "a…"],
    ["abc", 1, "…"],
    ["x".repeat(100_000), 4, "xxx…"],
  ];
  for (const [text, width, cut] of story) assertEquals(cutToWidth(text, width), cut);
});
