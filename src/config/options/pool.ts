/**
 * The options of the section `pool`: where and how many handlers run. They hold for every stream that has none of its own.
 *
 * @module
 */

import { choiceOption, type Option } from "../option.ts";

/** More handlers at once than any process can serve. */
const WORKERS_MAX = 1_000;

/** The section `pool`, by the names of the program. */
export const pool = {
  mode: choiceOption({
    path: "pool.mode",
    text:
      "Where handlers run: in this isolate, or in threads for work that keeps a processor busy; each thread costs memory.",
    default: "inline",
    choices: ["inline", "threads"],
  }),
  workersMin: {
    path: "pool.workers_min",
    text:
      "How many workers a consumer keeps while there is nothing to do; more are ready for a rush and cost memory.",
    kind: "integer",
    default: 1,
    unit: "workers",
    min: 1,
    max: WORKERS_MAX,
  },
  workersMax: {
    path: "pool.workers_max",
    text:
      "How many events a consumer handles at the same time, at least workers_min; with order key, never two of one key.",
    kind: "integer",
    default: 1,
    unit: "workers",
    min: 1,
    max: WORKERS_MAX,
  },
} as const satisfies Record<string, Option>;
