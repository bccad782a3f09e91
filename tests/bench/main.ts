/**
 * The benchmark: `deno task bench [SCENARIO]... [--seconds 5] [--json]`, without names all scenarios. It prints a table
 * for each, and with `--json` a line for each row, with the facts of the machine. Figures are to be read, not to be met:
 * no test depends on them.
 *
 * Exit codes: 0 measured, 1 it could not be or was interrupted, 2 wrong use.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Interruption } from "../support/interruption.ts";
import { lookAtMachine, type Machine } from "./machine.ts";
import type { Row, Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { formatTable } from "./table.ts";

interface Arguments {
  readonly chosen: ReadonlyMap<string, Scenario>;
  readonly seconds: number;
  readonly json: boolean;
}

const USAGE = "deno task bench [SCENARIO]... [--seconds 5] [--json]";

/** Long enough for figures that repeat, short enough to be waited for. */
const SECONDS = 5;
const SECONDS_MAX = 60;

/** A scenario ends, whatever happens: so long for all of it, in ms, and in the measure of `--seconds`. */
const OVERHEAD_MS_MAX = 300_000;
const SETTINGS_MAX = 40;

if (import.meta.main) Deno.exitCode = await main(Deno.args);

async function main(args: string[]): Promise<number> {
  const wanted = read(args);
  if (typeof wanted === "string") {
    console.error(`${wanted}\nUsage: ${USAGE}\nScenarios:\n${list()}`);
    return 2;
  }
  using interruption = new Interruption();
  try {
    const machine = await lookAtMachine();
    for (const [name, scenario] of wanted.chosen) {
      const rows = await measure(scenario, { ...wanted, signal: interruption.signal });
      if (wanted.json) tellLines(rows, { name, machine });
      else console.log(`${heading(scenario, machine)}\n\n${formatTable(rows)}\n`);
    }
    return 0;
  } catch (error) {
    if (!interruption.signal.aborted) console.error("Cannot finish the benchmark:", error);
    else console.error("The benchmark was interrupted");
    return 1;
  }
}

async function measure(
  scenario: Scenario,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<readonly Row[]> {
  const late = AbortSignal.timeout(OVERHEAD_MS_MAX + seconds * 1_000 * SETTINGS_MAX);
  return await scenario.run({
    seconds,
    signal: AbortSignal.any([signal, late]),
    onProgress: (text) => console.error(text),
  });
}

function heading({ title, measures }: Scenario, { cores, deno, redis }: Machine): string {
  return `${title}\n${cores} cores, Deno ${deno}, Redis ${redis ?? "not found"}\n\n${measures}`;
}

function tellLines(
  rows: readonly Row[],
  { name, machine }: { readonly name: string; readonly machine: Machine },
): void {
  for (const row of rows) console.log(JSON.stringify({ scenario: name, machine, row }));
}

function list(): string {
  return [...scenarios].map(([name, { title }]) => `  ${name.padEnd(10)}${title}`).join("\n");
}

/** Reads the arguments. @returns a text that says what is wrong with them, if anything. */
function read(args: string[]): Arguments | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seconds: { type: "string", default: String(SECONDS) },
        json: { type: "boolean", default: false },
      },
    });
    const names = positionals.length === 0 ? [...scenarios.keys()] : positionals;
    const chosen = new Map(names.map((name) => [name, scenarioOf(name)]));
    return { chosen, seconds: secondsOf(values.seconds), json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function scenarioOf(name: string): Scenario {
  const scenario = scenarios.get(name);
  if (scenario === undefined) {
    throw new Error(`Cannot measure "${name}": there is no such scenario`);
  }
  return scenario;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= SECONDS_MAX) return seconds;
  throw new Error(`Cannot use --seconds ${text}: wanted a whole number from 1 to ${SECONDS_MAX}`);
}
