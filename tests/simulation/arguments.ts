/**
 * The arguments of the simulator.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { faultOf, refusal } from "../support/task_answers.ts";
import { wholeNumber } from "../support/whole_number.ts";

/** What to simulate. */
export interface Arguments {
  /** How many seeds, one after the other. */
  readonly seeds: number;
  /** The first one. */
  readonly from: number;
  readonly threads: number;
  /** Whether the report is JSON. */
  readonly json: boolean;
}

/** The text of `--help`. */
export const HELP = `Usage: deno task simulate [--seeds 2000] [--from SEED] [--threads N] [--json]
       deno task simulate --seed ONE [--threads N] [--json]

Runs seeded plans of processes, entries and faults through the real machines on a virtual
clock, and checks every invariant. Of a seed that breaks one it looks for the smallest plan
that does, and keeps it in a folder.

Options:
  --seeds N    So many seeds, one after the other. Default: 2000
  --from SEED  The first one. Default: any
  --seed ONE   That seed alone, as it was told of a failure
  --threads N  So many at the same time. Default: one for each core
  --json       Print the report as JSON
  -h, --help   Show this

Exit codes: 0 all as promised, 1 an invariant is broken, 2 wrong use.`;

/** Seeds are short enough to be typed again. */
const SEED_MAX = 1_000_000_000;

/** Where nothing else is asked for. */
const SEEDS = 2_000;

/** Reads the arguments. @returns a text that says what is wrong with them and what would be right, if anything is wrong. */
export function readArguments(args: readonly string[]): Arguments | string {
  try {
    return read(args);
  } catch (error) {
    return refusal(faultOf(error), HELP);
  }
}

function read(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      threads: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { seed, json } = values;
  const other = values.seeds === undefined ? "from" : "seeds";
  if (seed !== undefined && values[other] !== undefined) {
    throw new Error(`Cannot use --seed with --${other}: --seed tries that one seed alone`);
  }
  const threads = number("threads", values.threads, [navigator.hardwareConcurrency, 1]);
  if (seed !== undefined) return { seeds: 1, from: wholeNumber("seed", seed, 0), threads, json };
  const anywhere = Math.floor(Math.random() * SEED_MAX);
  return {
    seeds: number("seeds", values.seeds, [SEEDS, 1]),
    from: number("from", values.from, [anywhere, 0]),
    threads,
    json,
  };
}

/** A number, or what is meant without it; of at least so much. */
function number(
  option: string,
  text: string | undefined,
  [otherwise, min]: readonly [number, number],
): number {
  return text === undefined ? otherwise : wholeNumber(option, text, min);
}
