/**
 * Tests of the words of backpressure: sentences, bounds, the worst of many.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import {
  checkPressureBounds,
  isLevelAtLeast,
  NO_BOUNDS,
  type PressureReason,
  pressureSentence,
  worstPressure,
} from "../../src/domain/pressure.ts";
import { BackpressureError } from "../../src/domain/pressure_errors.ts";

const reason: PressureReason = {
  stream: "orders",
  group: "billing",
  measure: "lag",
  value: 120_000,
  bound: 100_000,
  level: "saturated",
  exact: true,
};

Deno.test("pressureSentence says who is behind, by how much, and how sure that is", () => {
  const sentences = [
    reason,
    { ...reason, exact: false },
    { ...reason, measure: "pendingCount", value: 5, bound: 4 } as const,
    { ...reason, measure: "oldestPendingMs", value: 65_432, bound: 60_000 } as const,
    { ...reason, measure: "length" } as const,
    { ...reason, measure: "length", group: null } as const,
  ].map(pressureSentence);
  assertEquals(sentences, [
    'group "billing" of "orders": lag is 120,000, bound 100,000',
    'group "billing" of "orders": lag is about 120,000, bound 100,000',
    'group "billing" of "orders": pending count is 5, bound 4',
    'group "billing" of "orders": the oldest pending entry is 65.4 s old, bound 60 s',
    'stream "orders": length is 120,000, bound 100,000',
    'stream "orders": length is 120,000, bound 100,000',
  ]);
});

Deno.test("pressureSentence cannot be made to steer a terminal by a foreign group's name", () => {
  const sentence = pressureSentence({ ...reason, group: "a\u001b[2J\nb" });
  assertEquals(sentence.startsWith('group "a\\u001b[2J\\nb" of'), true);
});

Deno.test("worstPressure is the first of the worst, and ok for none", () => {
  const ok = { level: "ok", reason: null } as const;
  const calmed = { level: "ok", reason: { ...reason, level: "ok" } } as const;
  const pressured = { level: "pressured", reason: { ...reason, level: "pressured" } } as const;
  const saturated = { level: "saturated", reason } as const;
  const other = { level: "saturated", reason: { ...reason, group: "audit" } } as const;
  assertEquals(worstPressure([]), ok);
  assertEquals(worstPressure([ok, calmed, ok]), calmed);
  assertEquals(worstPressure([ok, pressured, saturated, other]), saturated);
  assertEquals(isLevelAtLeast("pressured", "pressured"), true);
  assertEquals(isLevelAtLeast("pressured", "saturated"), false);
});

Deno.test("checkPressureBounds fills in what is not watched and refuses what cannot work", () => {
  assertEquals(checkPressureBounds({ lagMax: 5 }, "b"), { ...NO_BOUNDS, lagMax: 5 });
  const bad = [
    [{ lagMax: -1 }, "b.lagMax"],
    [{ pendingMax: 1.5 }, "b.pendingMax"],
    [{ oldestPendingMsMax: NaN }, "b.oldestPendingMsMax"],
    [{ lengthMax: Infinity }, "b.lengthMax"],
    [{ pressuredShare: 0 }, "b.pressuredShare"],
    [{ pressuredShare: 1.1 }, "b.pressuredShare"],
  ] as const;
  for (const [bounds, path] of bad) {
    assertThrows(() => checkPressureBounds(bounds, "b"), InvalidOptionError, `"${path}"`);
  }
});

Deno.test("BackpressureError says what was refused, why, and what stays", () => {
  const error = new BackpressureError(reason, { waitedMs: 500, publishedCount: 1_000 });
  assertEquals(
    error.message,
    'Cannot publish to stream "orders" after 1000 events of the list: group "billing" of "orders": ' +
      "lag is 120,000, bound 100,000, waited 500 ms, publish it later or wait longer",
  );
  const { name, code, recovery, stream, group, measure, value, bound, level, publishedCount } =
    error;
  assertEquals(
    { name, code, recovery, stream, group, measure, value, bound, level, publishedCount },
    {
      name: "BackpressureError",
      code: "BACKPRESSURE",
      recovery: "retry",
      stream: "orders",
      group: "billing",
      measure: "lag",
      value: 120_000,
      bound: 100_000,
      level: "saturated",
      publishedCount: 1_000,
    },
  );
  assertEquals(new BackpressureError({ ...reason, measure: "length" }).group, null);
});
