/**
 * The arguments of the benchmark: which scenarios, how long, how big, and where the figures go.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { SPEED_SCENARIOS } from "./readme/speed_lines.ts";
import type { Scenario } from "./scenario.ts";

/** What was asked for. */
export interface BenchArguments {
  /** In the order in which they are measured. */
  readonly chosen: ReadonlyMap<string, Scenario>;
  readonly seconds: number;
  readonly full: boolean;
  /** `null`: as many as the scenario wants. */
  readonly events: number | null;
  readonly json: boolean;
  readonly plots: boolean;
  /** Whether the table of speed in the README is written anew. */
  readonly readme: boolean;
}

/** Long enough for figures that repeat, short enough to be waited for. */
const SECONDS = 5;
const SECONDS_MAX = 60;

/** More than a day's work for this machine is a typing mistake. */
const EVENTS_MAX = 1_000_000_000;

/**
 * Reads the arguments. A name also chooses the scenarios that begin with it and a dash: `growth` all that are called
 * `growth-…`; what the README needs is chosen with `--readme`. Without names all are chosen but those that are measured by name only.
 *
 * @param known All scenarios.
 * @throws {Error} That says what is wrong with them.
 */
export function readArguments(
  args: string[],
  known: ReadonlyMap<string, Scenario>,
): BenchArguments {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: String(SECONDS) },
      full: { type: "boolean", default: false },
      events: { type: "string" },
      json: { type: "boolean", default: false },
      plots: { type: "boolean", default: false },
      readme: { type: "boolean", default: false },
    },
  });
  const { seconds, full, events, json, plots, readme } = values;
  const names = readme ? [...positionals, ...SPEED_SCENARIOS] : positionals;
  return {
    chosen: new Map(
      names.length === 0
        ? [...known].filter(([, { isByName }]) => isByName !== true)
        : names.flatMap((name) => named(name, known)),
    ),
    seconds: numberOf("seconds", { text: seconds, max: SECONDS_MAX }),
    full,
    events: events === undefined ? null : numberOf("events", { text: events, max: EVENTS_MAX }),
    json,
    plots,
    readme,
  };
}

function named(
  name: string,
  known: ReadonlyMap<string, Scenario>,
): readonly (readonly [string, Scenario])[] {
  const found = [...known].filter(([each]) => each === name || each.startsWith(`${name}-`));
  if (found.length > 0) return found;
  throw new Error(`Cannot measure "${name}": there is no such scenario`);
}

function numberOf(
  option: string,
  { text, max }: { readonly text: string; readonly max: number },
): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= max) return number;
  throw new Error(`Cannot use --${option} ${text}: wanted a whole number from 1 to ${max}`);
}
