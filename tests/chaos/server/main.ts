/**
 * `deno task chaos server [--seed N] [--repeats 1] [--lanes 3] [--only NAME] [--json]`: what can happen to a Redis server
 * and its data, each struck, held and lifted under a working service, and compared with what is expected. `NAME` is a
 * part of the name of a row, such as `NOPERM`.
 *
 * @module
 */

import { Interruption } from "../../support/interruption.ts";
import { answersHelp, refusal } from "../../support/task_answers.ts";
import { type Choices, readChoices } from "../choices.ts";
import { type JudgedRow, plannedRows, runRows } from "./campaign.ts";
import { formatRows } from "./table.ts";

const HELP =
  `Usage: deno task chaos server [--seed N] [--repeats 1] [--lanes 3] [--only NAME] [--json]

Makes whatever can happen to a Redis server and its data, one after the other, under a working
service: struck, held and lifted, and compared with what is expected.

Options:
  --seed N     The choice of what is left open. Default: any
  --repeats N  How often each row (a fault) is tried. Default: 1
  --lanes N    So many at the same time. Default: 3
  --only NAME  Only those whose name has this part, such as NOPERM
  --json       Print the results as JSON
  -h, --help   Show this

Exit codes: 0 all as expected, 1 something is wrong, 2 wrong use.`;

/** Runs it. @returns the exit code: 0 all as expected, 1 something is wrong, 2 wrong use. */
export async function serverMain(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const choices = readChoices(args, { repeats: 1, lanes: 3 });
  const rows = typeof choices === "string" ? [] : plannedRows(choices.only);
  if (typeof choices === "string" || rows.length === 0) {
    const wrong = typeof choices === "string" ? choices : "Cannot run --only: no row has this name";
    console.error(refusal(wrong, HELP));
    return 2;
  }
  using interruption = new Interruption();
  let done = 0;
  const judged = await runRows(rows, {
    ...choices,
    signal: interruption.signal,
    onRow: (row) => tell(row, `${++done} of ${rows.length * choices.repeats}`),
  });
  judged.sort((one, other) => rows.indexOf(one.row) - rows.indexOf(other.row));
  show(judged, choices);
  return judged.some(({ defects }) => defects.length > 0) ? 1 : 0;
}

function tell({ row, defects }: JudgedRow, progress: string): void {
  if (defects.length === 0) return console.error(`${progress}: ${row.name}`);
  console.error(`${progress}: ${row.name}: ${defects.length} wrong`);
  for (const defect of defects) console.error(`  ${defect}`);
}

function show(judged: readonly JudgedRow[], { json, seed, repeats }: Choices): void {
  if (json) console.log(JSON.stringify(judged));
  else console.log(`Server faults: each ${repeats} times, seed ${seed}\n\n${formatRows(judged)}`);
}
