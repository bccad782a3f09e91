/**
 * The benchmark: `deno task bench [SCENARIO]... [--seconds 5] [--json]`, without names all scenarios but those that are
 * measured by name only; `growth` chooses all that are called `growth-…`. It prints a table for each, and with `--json` a
 * line for each row, with the facts of the machine; with `--plots` it draws what has a plot. `--full` measures the
 * largest sizes too, `--events` sets how many events are handled where that can be chosen. `--readme` measures what the
 * README's table of speed needs, and writes it. Figures are to be read, not to be met: no test depends on them.
 *
 * Exit codes: 0 measured, 1 it could not be or was interrupted, 2 wrong use.
 *
 * @module
 */

import { Interruption } from "../support/interruption.ts";
import { answersHelp, faultOf, refusal, taskArguments } from "../support/task_answers.ts";
import { type BenchArguments, readArguments } from "./arguments.ts";
import { lookAtMachine, type Machine } from "./machine.ts";
import { writeReadme } from "./readme/write_readme.ts";
import type { Row, Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { formatTable } from "./table.ts";

/** A scenario ends, whatever happens: so long for all of it, in ms, and in the measure of `--seconds`. */
const OVERHEAD_MS_MAX = 300_000;
const SETTINGS_MAX = 40;
const FULL_MS_MAX = 6 * 3_600_000;

const NAME_CHARACTERS = 18;

const HELP =
  `Usage: deno task bench [SCENARIO]... [--seconds 5] [--full] [--events N] [--json] [--plots]
                       [--readme]

Measures against what one would write or take instead, and prints a table for each scenario.
A name also chooses those that begin with it and a dash.

Scenarios; without a name all of them but those with a star:
${list()}

Options:
  --seconds N  How long a measure takes, roughly, 1 to 60. Default: 5
  --full       The largest sizes too, which takes an hour
  --events N   How many events are handled, where that can be chosen
  --json       Print a line for each row, with the facts of the machine
  --plots      Draw what has a plot into tests/bench/plots
  --readme     Measure what the README's table of speed needs, and write it
  -h, --help   Show this

Exit codes: 0 measured, 1 it could not be or was interrupted, 2 wrong use.`;

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  let wanted: BenchArguments;
  try {
    wanted = readArguments([...args], scenarios);
  } catch (error) {
    console.error(`${refusal(faultOf(error), HELP)}\nScenarios:\n${list()}`);
    return 2;
  }
  using interruption = new Interruption();
  try {
    const machine = await lookAtMachine();
    const found = new Map<string, readonly Row[]>();
    for (const [name, scenario] of wanted.chosen) {
      const rows = await measure(scenario, { ...wanted, signal: interruption.signal });
      found.set(name, rows);
      if (wanted.json) tellLines(rows, { name, machine });
      else console.log(`${heading(scenario, machine)}\n\n${formatTable(rows)}\n`);
    }
    if (wanted.plots) await drawPlots(found, machine);
    if (wanted.readme) await writeReadme(found);
    return 0;
  } catch (error) {
    if (!interruption.signal.aborted) console.error("Cannot finish the benchmark:", error);
    else console.error("The benchmark was interrupted");
    return 1;
  }
}

async function measure(
  scenario: Scenario,
  { seconds, full, events, signal }: BenchArguments & { readonly signal: AbortSignal },
): Promise<readonly Row[]> {
  const isLong = full || events !== null || scenario.isByName === true;
  const late = AbortSignal.timeout(
    isLong ? FULL_MS_MAX : OVERHEAD_MS_MAX + seconds * 1_000 * SETTINGS_MAX,
  );
  return await scenario.run({
    seconds,
    full,
    events,
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

/** What draws is loaded only where it is wanted. */
async function drawPlots(
  found: ReadonlyMap<string, readonly Row[]>,
  machine: Machine,
): Promise<void> {
  const { writePlots } = await import("./plots/write_plots.ts");
  const date = new Date().toISOString().slice(0, "2026-01-31".length);
  for (const path of await writePlots(found, { ...machine, date })) console.error(`Wrote ${path}`);
}

function list(): string {
  return [...scenarios].map(([name, { title, isByName }]) =>
    `${isByName === true ? "*" : " "} ${name.padEnd(NAME_CHARACTERS)}${title}`
  ).join("\n");
}
