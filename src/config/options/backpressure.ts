/**
 * The options of the section `backpressure`: from when on there is more to do than gets done. A group or stream is ok,
 * pressured or saturated.
 *
 * @module
 */

import type { Option } from "../option.ts";
import { DAY_MS } from "./durations.ts";

/** More entries than a server's memory holds. */
const ENTRIES_MAX = 1_000_000_000;

/** The section `backpressure`, by the names of the program. */
export const backpressure = {
  intervalMs: {
    path: "backpressure.interval_ms",
    text:
      "How often lag and pending entries are looked at; shorter notices sooner and asks the broker more.",
    kind: "integer",
    default: 1_000,
    unit: "ms",
    min: 100,
    max: 60_000,
  },
  lagMax: {
    path: "backpressure.lag_max",
    text: "With so many entries not yet read, a group is saturated; 0 is not watched.",
    kind: "integer",
    default: 100_000,
    unit: "entries",
    min: 0,
    max: ENTRIES_MAX,
  },
  pendingMax: {
    path: "backpressure.pending_max",
    text: "With so many entries read and not finished, a group is saturated; 0 is not watched.",
    kind: "integer",
    default: 50_000,
    unit: "entries",
    min: 0,
    max: ENTRIES_MAX,
  },
  oldestPendingMsMax: {
    path: "backpressure.oldest_pending_ms_max",
    text: "With a pending entry as old as this, a group is saturated; 0 is not watched.",
    kind: "integer",
    default: 300_000,
    unit: "ms",
    min: 0,
    // A week: entries that wait for a retry are pending too, and may wait a day each time.
    max: 7 * DAY_MS,
  },
  lengthMax: {
    path: "backpressure.length_max",
    text: "With so many entries, a stream is saturated, whoever has read them; 0 is not watched.",
    kind: "integer",
    default: 0,
    unit: "entries",
    min: 0,
    max: ENTRIES_MAX,
  },
  pressuredShare: {
    path: "backpressure.pressured_share",
    text:
      "From this share of any bound above, a group or stream is pressured; lower warns earlier and more often.",
    kind: "decimal",
    default: 0.5,
    unit: "of the bound",
    min: 0.05,
    max: 1,
  },
} as const satisfies Record<string, Option>;
