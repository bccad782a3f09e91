/**
 * Makes the inspector's page: `deno task page`. What it is made of, and how, is in `src/inspector/page/build.ts`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { PAGE_MODULE, pageModule } from "../src/inspector/page/build.ts";
import { answersHelp, faultOf, refusal, taskArguments } from "./support/task_answers.ts";

const HELP = `Usage: deno task page

Makes src/inspector/page.gen.ts, which is the inspector's page, from src/inspector/page.

Options:
  -h, --help  Show this

Exit codes: 0 made, 1 it could not be, 2 wrong use.`;

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  try {
    parseArgs({ args: [...args], options: {} });
  } catch (error) {
    console.error(refusal(faultOf(error), HELP));
    return 2;
  }
  try {
    await Deno.writeTextFile(PAGE_MODULE, await pageModule());
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
