/**
 * The figures of the benchmark: that quantiles and the table say what was measured.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Histogram } from "./histogram.ts";
import { median } from "./statistics.ts";
import { formatTable } from "./table.ts";

Deno.test("Histogram tells quantiles to 1 %, and the longest exactly", () => {
  const histogram = new Histogram();
  assertEquals([histogram.quantileMs(0.5), histogram.maxMs], [NaN, 0]);
  for (let ms = 1; ms <= 1_000; ms++) histogram.add(ms);
  for (const share of [0.01, 0.5, 0.99]) {
    const ratio = histogram.quantileMs(share) / (share * 1_000);
    assert(ratio >= 0.99 && ratio <= 1.01, `${share}: ${ratio}`);
  }
  assertEquals([histogram.quantileMs(1), histogram.maxMs], [1_000, 1_000]);
});

Deno.test("Histogram takes durations of nothing, below nothing, and of hours", () => {
  const histogram = new Histogram();
  for (const ms of [-1, 0, 9_999_999]) histogram.add(ms);
  assertEquals([histogram.quantileMs(0.5), histogram.maxMs], [0.01, 9_999_999]);
});

Deno.test("median tells the one in the middle", () => {
  assertEquals([median([]), median([3]), median([9, 1, 10])], [NaN, 3, 9]);
});

Deno.test("formatTable puts numbers to the right, words to the left, and nothing where there is none", () => {
  const table = formatTable([{ what: "one", ms: 5 }, { what: "three", ms: 1_000, unit: "s" }]);
  assertEquals(table, ["what     ms  unit", "one       5", "three  1000  s"].join("\n"));
});
