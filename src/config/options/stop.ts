/**
 * The options of the section `stop`: how the program ends.
 *
 * @module
 */

import type { Option } from "../option.ts";
import { HOUR_MS } from "./durations.ts";

/** The section `stop`, by the names of the program. */
export const stop = {
  graceMs: {
    path: "stop.grace_ms",
    text: "How long running handlers may go on when the program is told to stop.",
    kind: "integer",
    default: 10_000,
    unit: "ms",
    min: 0,
    max: HOUR_MS,
  },
} as const satisfies Record<string, Option>;
