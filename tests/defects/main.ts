/**
 * Breaks the sources on purpose: `deno task defects [--only NAME]... [--jobs N] [--json] [--write]`. Puts one defect after the
 * other into a copy of the repository and runs the tests that should catch it. What no test catches is a promise that
 * nothing holds us to. `--write` writes the list into tests/defects/README.md.
 *
 * Exit codes: 0 all were caught, 1 one was not, or the tests fail without any, 2 wrong use.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ensureRedis } from "../installing.ts";
import { Interruption } from "../support/interruption.ts";
import { answersHelp, faultOf, refusal, taskArguments } from "../support/task_answers.ts";
import type { Defect } from "./defect.ts";
import { DEFECTS } from "./list.ts";
import { formatPage, formatTotal, formatTrial, sayFinding } from "./table.ts";
import { type Trial, Workshop } from "./workshop.ts";

const HELP = `Usage: deno task defects [--only NAME]... [--jobs N] [--json] [--write]

Puts one defect after the other into a copy of the repository, and runs the tests that should
catch it.

Options:
  --only NAME  Only this one of tests/defects/README.md; may be given again
  --jobs N     So many at the same time, each with a copy of its own, 1 to 16. Default: 1
  --json       Print the findings as JSON
  --write      Write the list into tests/defects/README.md where all were caught
  -h, --help   Show this

Exit codes: 0 all were caught, 1 one was not, or the tests fail without any, 2 wrong use.`;

/** Each has a copy and a test run of its own. */
const JOBS_MAX = 16;

interface Wish {
  readonly defects: readonly Defect[];
  readonly jobs: number;
  readonly json: boolean;
  readonly write: boolean;
}

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  const wish = wishOf(args);
  if (typeof wish === "string") {
    console.error(refusal(wish, HELP));
    return 2;
  }
  if (!(await ensureRedis())) return 1;
  using interruption = new Interruption();
  const { signal } = interruption;
  const fault = await faultWithoutDefects(wish.defects, signal);
  if (fault !== null) {
    console.error(`The tests fail without any defect: ${fault}`);
    return 1;
  }
  const trials = await tryAll(wish, signal);
  if (signal.aborted) return 1;
  console.log(wish.json ? JSON.stringify(trials.map(dataOf), null, 2) : formatTotal(trials));
  const areAllCaught = trials.every(({ finding }) => finding.kind === "caught");
  if (wish.write && areAllCaught) {
    await Deno.writeTextFile(new URL("README.md", import.meta.url), formatPage(trials));
  }
  return areAllCaught ? 0 : 1;
}

/** A text says what is wrong. */
function wishOf(args: readonly string[]): Wish | string {
  let values;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true, default: [] },
        jobs: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
        write: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return faultOf(error);
  }
  const { only, jobs, json, write } = values;
  const count = /^\d{1,2}$/.test(jobs) ? Number(jobs) : 0;
  if (count < 1 || count > JOBS_MAX) return `--jobs is "${jobs}", wanted 1 to ${JOBS_MAX}`;
  const unknown = only.find((name) => DEFECTS.every((defect) => defect.name !== name));
  if (unknown !== undefined) return `There is no defect "${unknown}"`;
  if (write && only.length > 0) return "--write needs all defects, leave out --only";
  const isWanted = ({ name }: Defect) => only.length === 0 || only.includes(name);
  return { defects: DEFECTS.filter(isWanted), jobs: count, json, write };
}

/** A test that fails anyway catches nothing. @returns What fails, `null` for nothing. */
async function faultWithoutDefects(
  defects: readonly Defect[],
  signal: AbortSignal,
): Promise<string | null> {
  await using workshop = await Workshop.open();
  for (const [filter, same] of Map.groupBy(defects, (defect) => defect.filter)) {
    const files = new Set(same.flatMap(({ tests }) => tests));
    const finding = await workshop.test({ tests: [...files], filter }, signal);
    if (signal.aborted) return null;
    if (finding.kind !== "survived") return sayFinding(finding);
  }
  return null;
}

async function tryAll({ defects, jobs }: Wish, signal: AbortSignal): Promise<Trial[]> {
  const trials = new Map<Defect, Trial>();
  const waiting = [...defects];
  const work = async () => {
    await using workshop = await Workshop.open();
    while (!signal.aborted) {
      const defect = waiting.shift();
      if (defect === undefined) return;
      const trial = await workshop.try(defect, signal);
      if (signal.aborted) return;
      trials.set(defect, trial);
      console.error(formatTrial(trial));
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, defects.length) }, work));
  return defects.flatMap((defect) => trials.get(defect) ?? []);
}

function dataOf({ defect, finding, seconds }: Trial): Record<string, unknown> {
  const { name, wording, guarantee, file } = defect;
  return { name, wording, guarantee, file, ...finding, seconds };
}
