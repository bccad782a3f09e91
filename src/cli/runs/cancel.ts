/**
 * `tidemark runs cancel`.
 *
 * @module
 */

import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments } from "../command.ts";
import { jsonText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { openRuns, runArgument } from "./open.ts";

/** Tells a run to end. */
export async function cancelRun(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    reason: { type: "string", default: "it was cancelled" },
    json: { type: "boolean", default: false },
  });
  const run = runArgument(positionals, "runs cancel");
  await using broker = await openBrokerOf(values);
  await using operator = await openRuns(broker);
  const isTold = await operator.cancel(run, values.reason);
  const { status } = await operator.store.get(run);
  if (values.json) writeResult(jsonText({ run, isTold, status }));
  else if (isTold) writeResult(`Told run "${run}" to end`);
  else writeNote(`Run "${run}" has ended already: it is ${status}`);
  return 0;
}
