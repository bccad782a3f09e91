/**
 * Scenarios: which faults come, when, and for how long.
 *
 * @module
 */

import { Seeded } from "../chaos/seeded.ts";
import type { Fault } from "./fault.ts";

/** What a soak is made of. */
export type ScenarioName = "mixed" | "server-faults";

/** When a fault comes. */
export interface Appointment {
  readonly fault: Fault;
  /** Since the begin, in ms. */
  readonly atMs: number;
  readonly lastsMs: number;
}

/** The mixed faults last so long, in ms; with 20 s between them there is time to see the recovery. */
const MIXED_MS = [2_000, 6_000] as const;

/** The long ones, and what is left after each for the recovery and for what has piled up. */
const LONG_MS = 20_000;
const LONG_EVERY_MS = 60_000;

/** The first fault finds a service that works. */
const CALM_MS = 10_000;

/** What is planned, and until when, in ms. */
export interface Plan {
  readonly appointments: readonly Appointment[];
  readonly durationMs: number;
}

/** Plans a soak. `server-faults` has its own pace: every fault of the broker once, for 20 s. */
export function planSoak(
  faults: readonly Fault[],
  options: {
    readonly scenario: ScenarioName;
    readonly durationMs: number;
    readonly everyMs: number;
    readonly seed: number;
  },
): Plan {
  return options.scenario === "mixed" ? planMixed(faults, options) : planLong(faults);
}

/** All faults in an order by chance, then all again in another one. */
function planMixed(
  faults: readonly Fault[],
  { durationMs, everyMs, seed }: {
    readonly durationMs: number;
    readonly everyMs: number;
    readonly seed: number;
  },
): Plan {
  const random = new Seeded(seed);
  const appointments: Appointment[] = [];
  let bag: Fault[] = [];
  for (let atMs = CALM_MS; atMs + everyMs <= durationMs; atMs += everyMs) {
    // The growth of a process can be seen only from when on it is not killed any more.
    const isEarly = atMs < durationMs / 4;
    if (bag.length === 0) bag = [...faults];
    const possible = bag.filter((fault) => isEarly || !fault.isEarly);
    const fault = random.pick(possible.length > 0 ? possible : faults.filter((f) => !f.isEarly));
    if (fault === undefined) break;
    bag = bag.filter((other) => other !== fault && (isEarly || !other.isEarly));
    appointments.push({ fault, atMs, lastsMs: random.between(...MIXED_MS) });
  }
  return { appointments, durationMs };
}

function planLong(faults: readonly Fault[]): Plan {
  const appointments = faults.filter(({ strikes }) => strikes === "broker").map((fault, at) => ({
    fault,
    atMs: CALM_MS + at * LONG_EVERY_MS,
    lastsMs: LONG_MS,
  }));
  return { appointments, durationMs: CALM_MS + appointments.length * LONG_EVERY_MS };
}
