/**
 * `deno task chaos network [--seed N] [--repeats 3] [--lanes 3] [--only NAME] [--json]`: every network fault at every
 * point of the conversation with Redis, with the deadlines of `connect`. `NAME` is a part of the name of a cell, such as
 * `half-open` or `cut at commit reply`.
 *
 * @module
 */

import { Interruption } from "../../support/interruption.ts";
import { answersHelp, refusal } from "../../support/task_answers.ts";
import { type Choices, readChoices } from "../choices.ts";
import { type JudgedCell, plannedCells, runMatrix } from "./matrix.ts";
import { formatMatrix } from "./table.ts";

const HELP =
  `Usage: deno task chaos network [--seed N] [--repeats 3] [--lanes 3] [--only NAME] [--json]

Makes every network fault at every point of the conversation with Redis, each in a service of
its own, and checks that nothing is lost or doubled, and that work goes on.

Options:
  --seed N     The choice of what is left open. Default: any
  --repeats N  How often each cell (a fault at a point) is tried. Default: 3
  --lanes N    So many at the same time. Default: 3
  --only NAME  Only those whose name has this part, such as half-open
  --json       Print the results as JSON
  -h, --help   Show this

Exit codes: 0 all as promised, 1 something is wrong, 2 wrong use.`;

/** Runs it. @returns the exit code: 0 all as promised, 1 something is wrong, 2 wrong use. */
export async function networkMain(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const choices = readChoices(args, { repeats: 3, lanes: 3 });
  const cells = typeof choices === "string" ? [] : plannedCells(choices.only);
  if (typeof choices === "string" || cells.length === 0) {
    const wrong = typeof choices === "string"
      ? choices
      : "Cannot run --only: no cell has this name";
    console.error(refusal(wrong, HELP));
    return 2;
  }
  using interruption = new Interruption();
  let done = 0;
  const judged = await runMatrix(cells, {
    ...choices,
    deadlines: null,
    signal: interruption.signal,
    onCell: (cell) => tell(cell, `${++done} of ${cells.length * choices.repeats}`),
  });
  show(judged, choices);
  return judged.some(({ defects }) => defects.length > 0) ? 1 : 0;
}

function tell({ result, defects }: JudgedCell, progress: string): void {
  const { fault, point, seed } = result;
  if (defects.length === 0) return console.error(`${progress}: ${fault} at ${point}`);
  console.error(`${progress}: ${fault} at ${point}, seed ${seed}: ${defects.length} wrong`);
  for (const defect of defects) console.error(`  ${defect}`);
}

function show(judged: readonly JudgedCell[], { json, seed, repeats }: Choices): void {
  if (json) console.log(JSON.stringify(judged));
  else console.log(`Network faults: each cell ${repeats} times, seed ${seed}\n`);
  if (!json) console.log(formatMatrix(judged));
}
