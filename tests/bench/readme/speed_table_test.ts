/**
 * The README's table of speed: that it is written from the rows that it says, and stands where it should.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { readArguments } from "../arguments.ts";
import type { Row } from "../scenario.ts";
import { scenarios } from "../scenarios.ts";
import { SIDES, SPEED_LINES, SPEED_SCENARIOS } from "./speed_lines.ts";
import { speedIn, speedText, withSpeed } from "./speed_table.ts";

const CIRCUMSTANCES = {
  day: "2026-11-21",
  cores: 2,
  processor: "AMD EPYC",
  deno: "2.9.6",
  redis: "7.0.15",
  ioredis: "5.11.1",
  xstate: "5.33.3",
};

const MARKS = [
  "<!-- Written by deno task bench --readme -->\n<!-- deno-fmt-ignore-start -->",
  "<!-- deno-fmt-ignore-end -->",
] as const;

/** The row that a line of the table is made of, among others that it is not. */
function rowsOf(scenario: string): Row[] {
  return SPEED_LINES.filter((line) => line.scenario === scenario).flatMap(
    ({ where, ratio, figure }) =>
      [...SIDES, "raw loop"].map((side, index) => ({
        ...where,
        side,
        [figure]: 1_234.5 * (index + 1),
        [ratio]: 0.356 * (index + 1),
      })),
  );
}

const found = new Map(SPEED_SCENARIOS.map((scenario) => [scenario, rowsOf(scenario)]));

Deno.test("speedText writes ratios before figures, to two digits, and when it was measured", () => {
  const lines = speedText(found, CIRCUMSTANCES).split("\n");
  assertEquals(lines.slice(0, 3), [
    '|  | against | `order: "key"` | `order: "none"` |',
    "| --- | --- | --- | --- |",
    "| Redis here, 1 at a time | `ioredis`: XREADGROUP, XACK | **0.36 x**, 1,200/s | **0.71 x**, 2,500/s |",
  ]);
  assertEquals(lines.length, 2 + SPEED_LINES.length + 3);
  assertEquals(
    lines.at(-2),
    "Measured on 2026-11-21: AMD EPYC with 2 cores, Deno 2.9.6, Redis 7.0.15, ioredis 5.11.1, XState 5.33.3.",
  );
});

Deno.test("speedText says what was not measured instead of leaving it out", () => {
  for (const scenario of SPEED_SCENARIOS) {
    const without = new Map([...found, [scenario, []]]);
    assertThrows(() => speedText(without, CIRCUMSTANCES), Error, "was not measured");
  }
  const broken = (found.get("latency") ?? []).map((row) => ({ ...row, "p99 ms": NaN }));
  assertThrows(
    () => speedText(new Map([...found, ["latency", broken]]), CIRCUMSTANCES),
    Error,
    '"p99 x raw" or "p99 ms" was not measured',
  );
});

Deno.test("speedText is made of scenarios that exist, and --readme measures them", () => {
  const { chosen, readme } = readArguments(["--readme"], scenarios);
  assertEquals({ readme, chosen: [...chosen.keys()] }, { readme: true, chosen: SPEED_SCENARIOS });
});

Deno.test("withSpeed replaces what stands between the two marks, and nothing else", () => {
  const page = (text: string) => `before\n${MARKS[0]}\n\n${text}\n${MARKS[1]}\nafter\n`;
  assertEquals(withSpeed(page("old\n"), "new\n"), page("new\n"));
  assertEquals(speedIn(page("old\n")), "old\n");
  for (const mark of MARKS) {
    const broken = page("old\n").replace(mark, "");
    assertThrows(() => withSpeed(broken, "new\n"), Error, "the page has no");
    assertEquals(speedIn(broken), null);
  }
});

Deno.test("README has the table of speed with every line, ratios first, and its date", () => {
  const text = speedIn(Deno.readTextFileSync(new URL("../../../README.md", import.meta.url)));
  assert(text !== null, "README.md has no place for the table of speed");
  const [, , ...lines] = text.split("\n").filter((line) => line.startsWith("|"));
  const cells = lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  assertEquals(
    cells.map(([what, against]) => ({ what, against })),
    SPEED_LINES.map(({ what, against }) => ({ what, against })),
  );
  for (const figure of cells.flatMap((row) => row.slice(2))) {
    assertMatch(figure, /^\*\*\d+(,\d{3})*(\.\d+)? x\*\*, \d+(,\d{3})*(\.\d+)?(\/s| ms)$/);
  }
  assertMatch(text, /\nMeasured on \d{4}-\d{2}-\d{2}: .+ with \d+ cores, Deno .+, Redis .+\.\n$/);
});
