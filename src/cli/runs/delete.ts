/**
 * `tidemark runs delete`.
 *
 * @module
 */

import { JournalDamagedError } from "../../domain/journal_errors.ts";
import { counted, jsonText } from "../shown.ts";
import type { RunOperator } from "../../service/run_operator.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments } from "../command.ts";
import { checkCanAsk, confirmed } from "../confirm.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { openRuns, runArgument } from "./open.ts";

/** Deletes a run that has ended, after asking. */
export async function deleteRun(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    yes: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const run = runArgument(positionals, "runs delete");
  checkCanAsk(values.yes);
  await using broker = await openBrokerOf(values);
  await using operator = await openRuns(broker);
  const { isRunning, what } = await lookAt(operator, run);
  if (isRunning) {
    writeNote(`Cannot delete run "${run}": it is running, cancel it first`);
    return 1;
  }
  if (!confirmed(`Run "${run}" and ${what} will be removed for good.`, values.yes)) return 1;
  const isDeleted = await operator.store.delete(run, { unlessRunning: true });
  if (values.json) writeResult(jsonText({ run, isDeleted }));
  else if (isDeleted) writeResult(`Deleted run "${run}"`);
  else writeNote(`Run "${run}" was gone already`);
  return 0;
}

/** @throws {RunMissingError} When there is none. */
async function lookAt(
  { store }: RunOperator,
  run: string,
): Promise<{ readonly isRunning: boolean; readonly what: string }> {
  try {
    const { status, length } = await store.get(run);
    return { isRunning: status === "running", what: `its ${counted(length, "event")}` };
  } catch (error) {
    // What nobody can read can only be deleted.
    if (!(error instanceof JournalDamagedError)) throw error;
    return { isRunning: false, what: "whatever is stored of it" };
  }
}
