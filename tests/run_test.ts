/**
 * How the results of `deno test` are read: nothing that did not run may look as if it had passed.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { formatSummary, readSummary } from "./run.ts";

Deno.test("readSummary takes the counts of the last line of results", () => {
  const output =
    "ok | 9 passed | 0 failed (1ms)\n\nFAILED | 4 passed (2 steps) | 2 failed (1 step) (5ms)\n";
  assertEquals(readSummary(output, 1), { passed: 4, failed: 2, skipped: 0 });
});

Deno.test("readSummary counts ignored tests and ignored steps as skipped", () => {
  assertEquals(readSummary("ok | 4 passed | 0 failed | 2 ignored (1 step) (5ms)\n", 0), {
    passed: 4,
    failed: 0,
    skipped: 3,
  });
  assertEquals(readSummary("ok | 1 passed | 0 failed | 1 ignored (5ms)\n", 0).skipped, 1);
});

Deno.test("readSummary counts a failure without results as one failed test", () => {
  assertEquals(readSummary("", 1), { passed: 0, failed: 1, skipped: 0 });
  assertEquals(readSummary("ok | 3 passed | 0 failed (1ms)\n", 1).failed, 1);
});

Deno.test("formatSummary says what was skipped only when something was", () => {
  assertEquals(formatSummary({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assertEquals(
    formatSummary({ passed: 3, failed: 1, skipped: 2 }),
    "3 passed, 1 failed, 2 skipped",
  );
});
