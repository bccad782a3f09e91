/**
 * The options of the section `supervision`: what happens to a consumer that fails.
 *
 * @module
 */

import { choiceOption, type Option } from "../option.ts";
import { HOUR_MS } from "./durations.ts";

/** The section `supervision`, by the names of the program. */
export const supervision = {
  restartsMax: {
    path: "supervision.restarts_max",
    text: "A consumer that fails more often than this within window_ms is given up.",
    kind: "integer",
    default: 5,
    unit: "restarts",
    min: 0,
    max: 1_000,
  },
  windowMs: {
    path: "supervision.window_ms",
    text:
      "How long a failure counts; with a longer window, a consumer that fails now and then is given up too.",
    kind: "integer",
    default: 60_000,
    unit: "ms",
    min: 1_000,
    max: HOUR_MS,
  },
  initialMs: {
    path: "supervision.initial_ms",
    text: "The longest wait before the first restart.",
    kind: "integer",
    default: 200,
    unit: "ms",
    min: 1,
    max: HOUR_MS,
  },
  maxMs: {
    path: "supervision.max_ms",
    text: "The longest wait before any restart; at least initial_ms.",
    kind: "integer",
    default: 10_000,
    unit: "ms",
    min: 1,
    max: HOUR_MS,
  },
  onFailure: choiceOption({
    path: "supervision.on_failure",
    text:
      "What to do when a consumer is given up: let the others go on, or end the whole program with exit code 1.",
    default: "continue",
    choices: ["continue", "end"],
  }),
} as const satisfies Record<string, Option>;
