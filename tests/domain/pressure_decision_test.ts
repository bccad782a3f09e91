/**
 * Tests of the decision how much backpressure there is, against a description that looks at the whole history anew.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type GroupMeasure,
  NO_BOUNDS,
  type PressureBounds,
  type PressureLevel,
} from "../../src/domain/pressure.ts";
import {
  decidePressure,
  INITIAL_PRESSURE,
  type PressureState,
} from "../../src/domain/pressure_decision.ts";

const ZERO: GroupMeasure = {
  stream: "orders",
  group: "billing",
  lag: 0,
  lagConfidence: "exact",
  lagMin: 0,
  pendingCount: 0,
  oldestPendingMs: 0,
  length: 0,
};

/** What a history of measures leads to. */
function replay(
  history: readonly (Partial<GroupMeasure> | null)[],
  bounds: Partial<PressureBounds>,
): PressureState[] {
  let state = INITIAL_PRESSURE;
  return history.map((measure) => {
    const whole = measure === null ? null : { ...ZERO, ...measure };
    state = decidePressure(state, whole, { ...NO_BOUNDS, ...bounds });
    return state;
  });
}

/** The levels that lags lead to, with a bound of 100, pressured from 50 on. */
function levelsOfLags(...lags: readonly (number | null)[]): PressureLevel[] {
  const history = lags.map((lag) => ({ lag, lagMin: lag ?? 0 }));
  return replay(history, { lagMax: 100 }).map(({ level }) => level);
}

/** A level holds when its threshold was reached, and since then no three known values in a row were calm. */
function naiveLevel(values: readonly (number | null)[], bound: number, share: number) {
  const holds = (threshold: number): boolean => {
    const known = values.filter((value) => value !== null);
    const reached = known.findLastIndex((value) => value >= threshold);
    if (reached === -1) return false;
    const since = known.slice(reached + 1).map((value) => value < 0.8 * threshold ? "c" : "-");
    return !since.join("").includes("ccc");
  };
  if (bound === 0) return "ok";
  return holds(bound) ? "saturated" : holds(bound * share) ? "pressured" : "ok";
}

const anyCount = fc.integer({ min: 0, max: 130 });
const anyMeasure = fc.option(
  fc.record({
    lag: fc.option(anyCount, { freq: 3 }),
    pendingCount: anyCount,
    oldestPendingMs: fc.option(anyCount, { freq: 3 }),
    length: anyCount,
  }),
  { freq: 5 },
);
const anyBound = fc.constantFrom(0, 1, 10, 100);

Deno.test("decidePressure decides as a look at the whole history does", () => {
  fc.assert(
    fc.property(
      fc.array(anyMeasure, { maxLength: 40 }),
      fc.record({
        lagMax: anyBound,
        pendingMax: anyBound,
        oldestPendingMsMax: anyBound,
        lengthMax: anyBound,
        pressuredShare: fc.constantFrom(0.1, 0.5, 0.8, 1),
      }),
      (history, bounds) => {
        // What is unknown is at least 0, which is told by itself below.
        const last = replay(history, bounds).at(-1) ?? INITIAL_PRESSURE;
        const known = history.filter((measure) => measure !== null);
        const share = bounds.pressuredShare;
        const levels = [
          naiveLevel(known.map(({ lag }) => lag), bounds.lagMax, share),
          naiveLevel(known.map(({ pendingCount }) => pendingCount), bounds.pendingMax, share),
          naiveLevel(
            known.map(({ oldestPendingMs }) => oldestPendingMs),
            bounds.oldestPendingMsMax,
            share,
          ),
          naiveLevel(known.map(({ length }) => length), bounds.lengthMax, share),
        ];
        const worst = ["saturated", "pressured", "ok"].find((level) => levels.includes(level));
        assertEquals<string | undefined>(last.level, worst);
        if (last.level !== "ok") assertEquals(last.reason?.level, last.level);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("decidePressure enters a level at once and leaves it after three calm measures", () => {
  assertEquals(levelsOfLags(49, 50, 99, 100), ["ok", "pressured", "pressured", "saturated"]);
  assertEquals(levelsOfLags(100, 79, 79, 79, 39, 39, 39), [
    "saturated",
    "saturated",
    "saturated",
    "pressured",
    "pressured",
    "pressured",
    "ok",
  ]);
  assertEquals(levelsOfLags(100, 0, 0, 0), ["saturated", "saturated", "saturated", "ok"]);
  assertEquals(levelsOfLags(100, 0, 0, 80, 0, 0, 0).slice(5), ["saturated", "ok"]);
});

Deno.test("decidePressure stays where it is while a measure hovers around a bound", () => {
  const hovering = Array.from({ length: 50 }, (_, index) => index % 2 === 0 ? 101 : 81);
  assertEquals([...new Set(levelsOfLags(...hovering))], ["saturated"]);
});

Deno.test("decidePressure lets nothing that is not known raise or lower a level", () => {
  assertEquals(levelsOfLags(100, 0, 0, null, null, 0), [
    "saturated",
    "saturated",
    "saturated",
    "saturated",
    "saturated",
    "ok",
  ]);
  assertEquals(levelsOfLags(null, null), ["ok", "ok"]);
  const failed = replay([{ lag: 100 }, null, null, null], { lagMax: 100 });
  assertEquals(failed.map(({ level }) => level), Array(4).fill("saturated"));
});

Deno.test("decidePressure raises for entries that are surely unread, though nobody knows how many", () => {
  const [state] = replay([{ lag: null, lagConfidence: "unknown", lagMin: 500 }], { lagMax: 400 });
  assertEquals([state?.level, state?.reason?.value, state?.reason?.exact], [
    "saturated",
    500,
    false,
  ]);
});

Deno.test("decidePressure lets a quantity recover while another one is not known", () => {
  const states = replay(
    [{ pendingCount: 10 }, ...Array(3).fill({ pendingCount: 0, lag: null })],
    { pendingMax: 10, lagMax: 10 },
  );
  assertEquals(states.map(({ level }) => level), ["saturated", "saturated", "saturated", "ok"]);
});

Deno.test("decidePressure names the quantity that decided", () => {
  const bounds = { lagMax: 100, pendingMax: 10, lengthMax: 1_000 };
  const names = (...history: Partial<GroupMeasure>[]) =>
    replay(history, bounds).map(({ reason }) =>
      reason && `${reason.measure} ${reason.value} of ${reason.bound}: ${reason.level}`
    );
  assertEquals(names({ lag: 1 }), [null]);
  assertEquals(names({ lag: 60, pendingCount: 9 }, { lag: 100, pendingCount: 9 }), [
    "pendingCount 9 of 10: pressured",
    "lag 100 of 100: saturated",
  ]);
  assertEquals(names({ lag: 110, pendingCount: 20, length: 1_001 }), [
    "pendingCount 20 of 10: saturated",
  ]);
  assertEquals(names({ lag: 100 }, {}, {}, { lag: 7, length: 3 }).at(-1), "lag 7 of 100: ok");
});
