/**
 * `tidemark runs list`.
 *
 * @module
 */

import { checkRunKind, RUN_STATUSES, type RunRecord, type RunStatus } from "../../domain/run.ts";
import { systemClock } from "../../ports/clock.ts";
import type { RunListOptions } from "../../ports/run_service.ts";
import type { RunOperator } from "../../service/run_operator.ts";
import { refuseMore, wholeNumber } from "../arguments.ts";
import { BROKER_OPTIONS, openBrokerOf } from "../broker_option.ts";
import { type Column, NAME_WIDTH_MIN, tableText } from "../columns.ts";
import { readArguments, UsageError } from "../command.ts";
import { grouped, jsonText, spanText } from "../shown.ts";
import { writeNote, writeResult } from "../terminal.ts";
import { openRuns } from "./open.ts";

const LIMIT = 50;
const LIMIT_MAX = 10_000;

/** As many as a broker tells at once. */
const PAGE = 1_000;

/** Lists the runs of a broker. */
export async function listRuns(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    ...BROKER_OPTIONS,
    kind: { type: "string" },
    status: { type: "string" },
    limit: { type: "string" },
    json: { type: "boolean", default: false },
  });
  refuseMore(positionals, "runs list");
  const limit = wholeNumber("limit", values.limit, { min: 1, max: LIMIT_MAX }) ?? LIMIT;
  const which = {
    ...(values.kind === undefined ? {} : { kind: kindOption(values.kind) }),
    ...(values.status === undefined ? {} : { status: statusOption(values.status) }),
  };
  await using broker = await openBrokerOf(values);
  await using operator = await openRuns(broker);
  const found = await readRuns(operator, which, limit);
  if (values.json) writeResult(jsonText(found));
  else if (found.runs.length === 0) writeNote(`There is no such run at ${broker.location}`);
  else {
    writeResult(tableText(COLUMNS, found.runs));
    if (found.hasMore) writeNote("And more, see --limit");
  }
  return 0;
}

const COLUMNS: readonly Column<RunRecord>[] = [
  { title: "run", cell: ({ run }) => run, widthMin: NAME_WIDTH_MIN },
  { title: "kind", cell: ({ kind }) => kind, widthMin: NAME_WIDTH_MIN },
  { title: "status", cell: ({ status }) => status },
  { title: "started", cell: ({ startedAtMs }) => agoText(startedAtMs), isNumber: true },
  { title: "events", cell: ({ eventCount }) => grouped(eventCount), isNumber: true },
  { title: "reason", cell: ({ reason }) => reason ?? "", widthMin: NAME_WIDTH_MIN },
];

function agoText(atMs: number): string {
  return `${spanText(systemClock.nowMs() - atMs)} ago`;
}

/** A list may be shorter than its limit before its end, where few are of the kind that is wanted. */
async function readRuns(
  { store }: RunOperator,
  which: Pick<RunListOptions, "kind" | "status">,
  limit: number,
): Promise<{ readonly runs: readonly RunRecord[]; readonly hasMore: boolean }> {
  const runs: RunRecord[] = [];
  let after: string | null = null;
  do {
    const page = await store.list({
      ...which,
      limit: Math.min(PAGE, limit - runs.length),
      newestFirst: true,
      ...(after === null ? {} : { after }),
    });
    runs.push(...page.runs);
    after = page.next;
  } while (after !== null && runs.length < limit);
  return { runs, hasMore: after !== null };
}

function kindOption(text: string): string {
  try {
    return checkRunKind(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function statusOption(text: string): RunStatus {
  const status = RUN_STATUSES.find((each) => each === text);
  if (status !== undefined) return status;
  throw new UsageError(`Cannot use --status ${text}: wanted ${RUN_STATUSES.join(", ")}`);
}
