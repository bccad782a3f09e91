/**
 * The decision how much backpressure there is, by what must not matter and what must: units, silence, and how often it may
 * change its mind.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type GroupMeasure,
  isLevelAtLeast,
  type PressureBounds,
  type PressureLevel,
  pressureSentence,
} from "../../src/domain/pressure.ts";
import { decidePressure, INITIAL_PRESSURE } from "../../src/domain/pressure_decision.ts";
import { CASES } from "../support/cases.ts";
import { hostileText } from "../support/hostile.ts";

type Counts = Pick<GroupMeasure, "lag" | "pendingCount" | "oldestPendingMs" | "length">;

const count = fc.integer({ min: 0, max: 130 });
const anyCounts: fc.Arbitrary<Counts | null> = fc.option(
  fc.record({
    lag: fc.option(count, { nil: null, freq: 4 }),
    pendingCount: count,
    oldestPendingMs: fc.option(count, { nil: null, freq: 4 }),
    length: count,
  }),
  { nil: null, freq: 8 },
);
const anyHistory = fc.array(anyCounts, { maxLength: 40, size: "max" });
const bound = fc.constantFrom(0, 10, 100);
const anyBounds: fc.Arbitrary<PressureBounds> = fc.record({
  ...{ lagMax: bound, pendingMax: bound, oldestPendingMsMax: bound, lengthMax: bound },
  pressuredShare: fc.constantFrom(0.25, 0.5, 1),
});

function levels(history: readonly (Counts | null)[], bounds: PressureBounds): PressureLevel[] {
  let state = INITIAL_PRESSURE;
  return history.map((counts) => {
    const measure: GroupMeasure | null = counts === null ? null : {
      ...{ stream: "orders", group: "billing", lagConfidence: "exact", ...counts },
      lagMin: counts.lag ?? 0,
    };
    state = decidePressure(state, measure, bounds);
    return state.level;
  });
}

Deno.test("decidePressure goes down only after three calm measures in a row, so it changes at most twice in four", () => {
  fc.assert(
    fc.property(anyHistory, anyBounds, (history, bounds) => {
      const told = levels(history, bounds);
      let raisedAt = -1;
      for (const [index, level] of told.entries()) {
        const before = told[index - 1] ?? "ok";
        if (level === before) continue;
        if (isLevelAtLeast(level, before)) raisedAt = index;
        else assert(index - raisedAt >= 3, told.join(" "));
      }
    }),
    CASES,
  );
});

Deno.test("decidePressure is never lower for a group that is nowhere better off", () => {
  const worse = fc.record({ history: anyHistory, bounds: anyBounds, more: fc.array(count) });
  fc.assert(
    fc.property(worse, ({ history, bounds, more }) => {
      const add = (value: number, index: number) => value + (more[index % (more.length || 1)] ?? 0);
      const higher = history.map((counts, index): Counts | null =>
        counts === null ? null : {
          lag: counts.lag === null ? null : add(counts.lag, index),
          pendingCount: add(counts.pendingCount, index + 1),
          oldestPendingMs: counts.oldestPendingMs === null
            ? null
            : add(counts.oldestPendingMs, index + 2),
          length: add(counts.length, index + 3),
        }
      );
      const [low, high] = [levels(history, bounds), levels(higher, bounds)];
      assert(high.every((level, index) => isLevelAtLeast(level, low[index] ?? "ok")));
    }),
    CASES,
  );
});

Deno.test("decidePressure goes by shares of the bounds, and a measure that failed counts for nothing", () => {
  const cases = fc.record({
    ...{ history: anyHistory, bounds: anyBounds },
    factor: fc.constantFrom(2, 8, 1_024),
    failures: fc.array(fc.nat(), { maxLength: 10 }),
  });
  fc.assert(
    fc.property(cases, ({ history, bounds, factor, failures }) => {
      const times = (value: number | null) => value === null ? null : value * factor;
      const scaled = history.map((counts): Counts | null =>
        counts === null ? null : {
          lag: times(counts.lag),
          pendingCount: counts.pendingCount * factor,
          oldestPendingMs: times(counts.oldestPendingMs),
          length: counts.length * factor,
        }
      );
      const { lagMax, pendingMax, oldestPendingMsMax, lengthMax, pressuredShare } = bounds;
      const wide = {
        ...{ lagMax: lagMax * factor, pendingMax: pendingMax * factor, pressuredShare },
        ...{ oldestPendingMsMax: oldestPendingMsMax * factor, lengthMax: lengthMax * factor },
      };
      assertEquals(levels(scaled, wide), levels(history, bounds));
      const broken = [...history];
      for (const at of failures) broken.splice(at % (broken.length + 1), 0, null);
      const known = broken.filter((each) => each !== null);
      const last = (told: PressureLevel[]) => told.at(-1) ?? "ok";
      assertEquals(last(levels(broken, bounds)), last(levels(known, bounds)));
    }),
    CASES,
  );
});

Deno.test("pressureSentence is one line that steers no terminal, whatever the names are", () => {
  const reason = fc.record({
    ...{ stream: hostileText, group: fc.option(hostileText, { nil: null }) },
    measure: fc.constantFrom("lag", "pendingCount", "oldestPendingMs", "length"),
    ...{ value: fc.double(), bound: fc.nat(), exact: fc.boolean() },
    level: fc.constantFrom("ok", "pressured", "saturated"),
  });
  fc.assert(
    fc.property(reason, (reason) => {
      assertEquals(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(pressureSentence(reason)), false);
    }),
    CASES,
  );
});
