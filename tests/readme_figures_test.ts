/**
 * The figures in the prose of the README are those of what they count, and its links to its own headings lead there.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { FAULTS } from "./chaos/network/fault.ts";
import { POINTS } from "./chaos/network/point.ts";
import { ALL_POINTS } from "./chaos/points.ts";
import { plannedRows } from "./chaos/server/campaign.ts";
import { DEFECTS } from "./defects/list.ts";
import { speedIn } from "./bench/readme/speed_table.ts";

const readme = Deno.readTextFileSync(new URL("../README.md", import.meta.url));

/** The numbers in a sentence of the README, without the comma of thousands. */
function numbersIn(sentence: RegExp): number[] {
  const found = sentence.exec(readme.replace(/\s+/g, " "));
  assert(found !== null, `README has no ${sentence}`);
  return found.slice(1).map((text) => Number(text.replaceAll(",", "")));
}

Deno.test("README counts the named points, the faults and the defects as they are", () => {
  assertEquals(numbersIn(/at (\d+) named points/), [ALL_POINTS.length]);
  assertEquals(
    numbersIn(/(\d+) network faults at (\d+) points .*? (\d+) troubles of a Redis server/),
    [FAULTS.length, POINTS.length, plannedRows(null).length],
  );
  assertEquals(numbersIn(/\[(\d+) defects\]/), [DEFECTS.length]);
});

// Where a new measurement fails this, the prose above the table is what has to change.
Deno.test("README says of speed what its table shows", () => {
  const rows = new Map<string, number[]>();
  for (const line of (speedIn(readme) ?? "").split("\n")) {
    const [, what = "", , ...cells] = line.split("|").map((cell) => cell.trim());
    const ratios = cells.flatMap((cell) => /^\*\*([\d.]+) x/.exec(cell)?.[1] ?? []).map(Number);
    if (ratios.length > 0) rows.set(what, ratios);
  }
  const ratiosOf = (name: RegExp) => {
    const found = [...rows].flatMap(([what, ratios]) => name.test(what) ? ratios : []);
    assertNotEquals(found, [], `${name}`);
    return found;
  };
  const ahead = ratiosOf(/^Redis here, 1 at a time$|^Redis 2 ms away/);
  assertEquals(ahead.filter((ratio) => ratio < 1), []);
  const behind = ratiosOf(/^SQLite/);
  assertEquals(behind.filter((ratio) => ratio > 0.5), []);
});

Deno.test("every link of README to a heading of its own leads to one", () => {
  const headings = [...readme.replace(/^```[^]*?^```$/gm, "").matchAll(/^#+ (.+)$/gm)]
    .map(([, text = ""]) =>
      text.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, "").replaceAll(" ", "-")
    );
  const targets = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map(([, target = ""]) => target);
  assertNotEquals(targets, []);
  for (const target of targets) assert(headings.includes(target), `there is no #${target}`);
});
