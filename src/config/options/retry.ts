/**
 * The options of the section `retry`: what happens to an event whose handler fails.
 *
 * @module
 */

import type { Option } from "../option.ts";
import { DAY_MS, HOUR_MS } from "./durations.ts";

/** The section `retry`, by the names of the program. */
export const retry = {
  attemptsMax: {
    path: "retry.attempts_max",
    text: "How often a handler tries an event before it becomes a dead letter.",
    kind: "integer",
    default: 5,
    unit: "attempts",
    min: 1,
    max: 1_000_000,
  },
  deliveriesMax: {
    path: "retry.deliveries_max",
    text:
      "How often an entry is handed out, counting processes that died with it, before it becomes a dead letter.",
    kind: "integer",
    default: 10,
    unit: "deliveries",
    min: 1,
    max: 1_000_000,
  },
  initialMs: {
    path: "retry.initial_ms",
    text: "The longest wait after the first failed attempt.",
    kind: "integer",
    default: 100,
    unit: "ms",
    min: 1,
    max: HOUR_MS,
  },
  maxMs: {
    path: "retry.max_ms",
    text: "The longest wait after any failed attempt; at least initial_ms.",
    kind: "integer",
    default: 30_000,
    unit: "ms",
    min: 1,
    max: DAY_MS,
  },
  multiplier: {
    path: "retry.multiplier",
    text: "How the longest wait grows from one attempt to the next.",
    kind: "decimal",
    default: 2,
    unit: "times",
    min: 1,
    max: 100,
  },
} as const satisfies Record<string, Option>;
