/**
 * `tidemark runs show`.
 *
 * @module
 */

import { escapeUnprintable } from "../../domain/printable.ts";
import type { RunRecord } from "../../domain/run.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { readArguments } from "../command.ts";
import { counted, grouped, jsonText, spanText, timeText } from "../shown.ts";
import { writeResult } from "../terminal.ts";
import { openRuns, runArgument } from "./open.ts";

/** Shows one run. */
export async function showRun(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    json: { type: "boolean", default: false },
  });
  const run = runArgument(positionals, "runs show");
  await using broker = await openBrokerOf(values);
  await using operator = await openRuns(broker);
  const record = await operator.store.get(run);
  if (values.json) writeResult(jsonText(record));
  else for (const line of linesOf(record)) writeResult(escapeUnprintable(line));
  return 0;
}

function linesOf(record: RunRecord): string[] {
  const { run, kind, status, reason, startedAtMs, endedAtMs, expiresInMs, owner } = record;
  return [
    `Run "${run}" of kind "${kind}" is ${status}`,
    ...reason === null ? [] : [`  reason    ${reason}`],
    `  started   ${timeText(startedAtMs)}`,
    ...endedAtMs === null ? [] : [
      `  ended     ${timeText(endedAtMs)}, after ${spanText(endedAtMs - startedAtMs)}`,
    ],
    `  executed  ${owner === null ? "elsewhere, its events come from outside" : `by ${owner}`}`,
    `  events    ${eventsText(record)}`,
    // While it runs it stays; for how long after that is decided at its end.
    ...endedAtMs === null ? [] : [
      `  is kept   ${expiresInMs === null ? "for good" : `for another ${spanText(expiresInMs)}`}`,
    ],
  ];
}

function eventsText({ eventCount, length, firstId, lastId }: RunRecord): string {
  const kept = length === eventCount ? "all kept" : `${grouped(length)} kept`;
  const range = firstId === null ? "" : `, ${firstId} to ${lastId}`;
  return `${counted(eventCount, "event")}, ${kept}${range}`;
}
