/**
 * The decision how much backpressure there is: pure, so that the monitor, a producer and a test decide alike. A level
 * is entered at once and left late, because a level that flickers is worse than one that stays.
 *
 * Every quantity (lag, pending, age, length) decides for itself, and a group is as badly off as its worst quantity.
 * So a quantity that cannot be told at the moment keeps what it last decided, and holds up none of the others.
 *
 * @module
 */

import {
  type GroupMeasure,
  isLevelAtLeast,
  pressureBoundOf,
  type PressureBounds,
  type PressureLevel,
  type PressureMeasure,
  type PressureReason,
} from "./pressure.ts";

/** One threshold with a memory. */
export interface PressureThreshold {
  /** Whether it was reached and not left since. */
  readonly reached: boolean;
  /** How many measures in a row were well below it since. */
  readonly calm: number;
}

/** One quantity of one group. */
export interface PressureGauge {
  /** The last known value; `null` before the first one. */
  readonly value: number | null;
  /** Whether that value is certain. */
  readonly exact: boolean;
  /** The share of the bound from which on the group is pressured. */
  readonly pressured: PressureThreshold;
  /** The bound itself. */
  readonly saturated: PressureThreshold;
}

/** What is remembered of one group from measure to measure. Plain data; never changed, only replaced. */
export interface PressureState {
  /** How badly off the group is. */
  readonly level: PressureLevel;
  /** What decided it; `null` as long as the group was never anything but `ok`. */
  readonly reason: PressureReason | null;
  /** The memory of every quantity. */
  readonly gauges: Readonly<Record<PressureMeasure, PressureGauge>>;
}

/** What one measure says of one quantity. */
interface Reading {
  /** `null` when it is not known. */
  readonly value: number | null;
  /** What it surely is at least; may reach a threshold also where the value is not known. */
  readonly atLeast: number;
  readonly exact: boolean;
}

/** Below this share of a threshold a measure counts as calm: the gap that keeps a level from flickering. */
const CALM_SHARE = 0.8;

/** So many calm measures in a row end a level: one or two may be chance, and more would hold producers back long. */
const CALM_MEASURES = 3;

const MEASURES: readonly PressureMeasure[] = ["lag", "pendingCount", "oldestPendingMs", "length"];

const NOT_REACHED: PressureThreshold = { reached: false, calm: 0 };
const EMPTY: PressureGauge = {
  value: null,
  exact: true,
  pressured: NOT_REACHED,
  saturated: NOT_REACHED,
};

/** A group of which nothing is known yet: `ok`, because what is not known raises no level. */
export const INITIAL_PRESSURE: PressureState = {
  level: "ok",
  reason: null,
  gauges: { lag: EMPTY, pendingCount: EMPTY, oldestPendingMs: EMPTY, length: EMPTY },
};

/**
 * Decides on a new measure.
 *
 * A quantity is saturated when it reaches its bound, and pressured when it reaches `pressuredShare` of it. It leaves
 * either only when it was below 80 % of that threshold in three measures in a row; measures in which it is not known
 * are passed over: they neither count nor break the row.
 *
 * @param measure What was measured; `null` when measuring failed, which changes nothing.
 */
export function decidePressure(
  state: PressureState,
  measure: GroupMeasure | null,
  bounds: PressureBounds,
): PressureState {
  if (measure === null) return state;
  const next = (name: PressureMeasure): PressureGauge => {
    const bound = pressureBoundOf(name, bounds);
    const share = bounds.pressuredShare;
    return bound === 0
      ? EMPTY
      : nextGauge(state.gauges[name], readingOf(measure, name), { bound, share });
  };
  const gauges = {
    lag: next("lag"),
    pendingCount: next("pendingCount"),
    oldestPendingMs: next("oldestPendingMs"),
    length: next("length"),
  };
  const deciding = decidingMeasure(gauges, bounds);
  const level = deciding === undefined ? "ok" : levelOf(gauges[deciding]);
  // A group that calmed down is told with the quantity that held it before.
  const told = deciding ?? state.reason?.measure;
  const reason = told === undefined ? null : {
    stream: measure.stream,
    group: measure.group,
    measure: told,
    value: gauges[told].value ?? 0,
    bound: pressureBoundOf(told, bounds),
    level,
    exact: gauges[told].exact,
  };
  return { level, reason, gauges };
}

/** The quantity at the worst level, and of those the one that exceeds its bound the most; none when all are `ok`. */
function decidingMeasure(
  gauges: PressureState["gauges"],
  bounds: PressureBounds,
): PressureMeasure | undefined {
  let deciding: PressureMeasure | undefined;
  for (const name of MEASURES) {
    const level = levelOf(gauges[name]);
    if (level === "ok") continue;
    if (deciding === undefined || !isLevelAtLeast(levelOf(gauges[deciding]), level)) {
      deciding = name;
    } else if (level === levelOf(gauges[deciding]) && share(name) > share(deciding)) {
      deciding = name;
    }
  }
  return deciding;

  function share(name: PressureMeasure): number {
    return (gauges[name].value ?? 0) / pressureBoundOf(name, bounds);
  }
}

function levelOf({ pressured, saturated }: PressureGauge): PressureLevel {
  return saturated.reached ? "saturated" : pressured.reached ? "pressured" : "ok";
}

function readingOf(measure: GroupMeasure, name: PressureMeasure): Reading {
  if (name === "lag") {
    const { lag, lagMin, lagConfidence } = measure;
    return { value: lag, atLeast: lag ?? lagMin, exact: lagConfidence === "exact" };
  }
  const value = measure[name];
  return { value, atLeast: value ?? 0, exact: true };
}

function nextGauge(
  gauge: PressureGauge,
  reading: Reading,
  { bound, share }: { readonly bound: number; readonly share: number },
): PressureGauge {
  const { value, atLeast, exact } = reading;
  const isShown = value !== null || atLeast >= bound * share;
  return {
    value: isShown ? value ?? atLeast : gauge.value,
    exact: isShown ? exact : gauge.exact,
    pressured: nextThreshold(gauge.pressured, reading, bound * share),
    saturated: nextThreshold(gauge.saturated, reading, bound),
  };
}

function nextThreshold(
  before: PressureThreshold,
  reading: Reading,
  threshold: number,
): PressureThreshold {
  if (reading.atLeast >= threshold) return { reached: true, calm: 0 };
  if (!before.reached || reading.value === null) return before;
  const calm = reading.value < threshold * CALM_SHARE ? before.calm + 1 : 0;
  return calm === CALM_MEASURES ? NOT_REACHED : { reached: true, calm };
}
