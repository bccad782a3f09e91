/**
 * The options of the section `runs`: how long runs and their events are kept, and what happens to them when something
 * ends.
 *
 * @module
 */

import type { Option } from "../option.ts";
import { DAY_MS, HOUR_MS } from "./durations.ts";

/** More events than a run that people look at has. */
const EVENTS_MAX = 1_000_000;

/** The section `runs`, by the names of the program. */
export const runs = {
  ttlMs: {
    path: "runs.ttl_ms",
    text: "How long a run is kept after its end; 0 is for good.",
    kind: "integer",
    default: DAY_MS,
    unit: "ms",
    min: 0,
    // A year; no timer waits for it, the broker's clock does.
    max: 365 * DAY_MS,
  },
  lengthMax: {
    path: "runs.length_max",
    text:
      "How many events of a run are kept; the oldest go first, and who follows is told of the gap.",
    kind: "integer",
    default: 10_000,
    unit: "events",
    min: 1,
    max: EVENTS_MAX,
  },
  bufferEventsMax: {
    path: "runs.buffer_events_max",
    text:
      "How many events of a run wait in memory for a broker that is away, before the oldest are given up.",
    kind: "integer",
    default: 10_000,
    unit: "events",
    min: 2,
    max: EVENTS_MAX,
  },
  leaseMs: {
    path: "runs.lease_ms",
    text:
      "A process that is silent for so long is taken for dead; within twice as long after that its runs are marked interrupted.",
    kind: "integer",
    default: 15_000,
    unit: "ms",
    min: 300,
    max: HOUR_MS,
  },
  cancelMs: {
    path: "runs.cancel_ms",
    text: "How long the code of a run may go on after it was cancelled.",
    kind: "integer",
    default: 5_000,
    unit: "ms",
    min: 0,
    max: HOUR_MS,
  },
} as const satisfies Record<string, Option>;
