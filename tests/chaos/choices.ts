/**
 * The arguments that the fault campaigns share.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { faultOf } from "../support/task_answers.ts";
import { wholeNumber } from "../support/whole_number.ts";

/** What was asked for. */
export interface Choices {
  readonly seed: number;
  readonly json: boolean;
  readonly only: string | null;
  /** How often everything is run. */
  readonly repeats: number;
  readonly lanes: number;
}

/** Seeds are short enough to be typed again. */
const SEED_MAX = 1_000_000;

/**
 * Reads the arguments.
 *
 * @param defaults `repeats` and `lanes`, when they are not given.
 * @returns A text that says what is wrong with them, if anything.
 */
export function readChoices(
  args: readonly string[],
  defaults: { readonly repeats: number; readonly lanes: number },
): Choices | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: "string", default: String(Math.floor(Math.random() * SEED_MAX)) },
        json: { type: "boolean", default: false },
        only: { type: "string" },
        repeats: { type: "string", default: String(defaults.repeats) },
        lanes: { type: "string", default: String(defaults.lanes) },
      },
    });
    return {
      seed: wholeNumber("seed", values.seed, 0),
      json: values.json,
      only: values.only ?? null,
      repeats: wholeNumber("repeats", values.repeats, 1),
      lanes: wholeNumber("lanes", values.lanes, 1),
    };
  } catch (error) {
    return faultOf(error);
  }
}
