/**
 * The verdict on a row: everything in which what was seen differs from what is expected, in sentences.
 *
 * @module
 */

import { hotLoops } from "../network/verdict.ts";
import { findingsDefects } from "../verdict.ts";
import type { Expected, ServerRow } from "./row.ts";
import type { RowResult } from "./run_row.ts";

/** From the end of a fault until every consumer works (L3), in ms. */
const RECOVERY_MS_MAX = 10_000;

/** For each of the four consumers: two lines for each of the restarts that are allowed, and a few more. */
const LINES_MAX = 72;

/** Everything that is wrong. */
export function defectsOf(row: ServerRow, result: RowResult): string[] {
  const { recoveredMs, waiting, finishedMs, struck, lines, promises } = result;
  return [
    ...kindDefects(row.expected, result),
    ...lossDefects(row.expected, result),
    ...result.streams.flatMap(({ order, findings }) =>
      findingsDefects({
        ...findings,
        // What is lost is judged beside what was reported.
        lost: [],
        disordered: order === "key" ? findings.disordered : [],
      }).map((defect) => `order ${order}: ${defect}`)
    ),
    ...result.thawed.map((what) => `a refused call changed the ${what}`),
    ...result.leaks.map((line) => `a secret in the log: ${line}`),
    ...when(waiting.length > 0, `not recovered: ${waiting.join(", ")}`),
    ...when(recoveredMs > RECOVERY_MS_MAX, `recovered only after ${recoveredMs.toFixed(0)} ms`),
    ...when(finishedMs === null, "the work was not finished in time"),
    ...hotLoops(result),
    ...when(
      struck.requests > (row.expected.requestsMax ?? Infinity),
      `${struck.requests.toFixed(0)} requests a second in vain`,
    ),
    ...when(lines > LINES_MAX, `${lines} lines in the log`),
    ...promises.late.map((each) => `deadline: ${each}`),
  ];
}

function kindDefects(expected: Expected, { seen }: RowResult): string[] {
  const strange = seen.reasons.filter((reason) => !expected.reasons.includes(reason));
  const reports = seen.reports.filter((kind) => kind !== "fenced");
  const wanted = [...expected.reports].sort();
  return [
    ...when(
      !expected.classes.includes(seen.kind),
      `seen as "${seen.kind}", expected "${expected.classes.join('" or "')}"`,
    ),
    ...when(
      expected.tells !== undefined && !seen.reasons.includes(expected.tells),
      `did not say ${expected.tells}`,
    ),
    ...when(strange.length > 0, `said ${strange.join(", ")}, expected none of it`),
    ...when(
      reports.join() !== wanted.join(),
      `reported ${reports.join(", ") || "nothing"}, expected ${wanted.join(", ") || "nothing"}`,
    ),
  ];
}

function lossDefects(expected: Expected, result: RowResult): string[] {
  const lost = result.streams.flatMap(({ findings }) => findings.lost);
  const { reportedLost } = result.seen;
  const told = `${lost.length} entries have no output, ${reportedLost ?? "an unknown number"} ` +
    "were reported lost";
  switch (expected.losses) {
    case "none":
      return when(lost.length > 0 || reportedLost !== 0, told);
    case "reported":
      return when(lost.length === 0 || reportedLost !== lost.length, told);
    case "told": {
      const isAsTold = reportedLost === 0 && lost.every((id) => result.skipped.includes(id));
      return when(!isAsTold, `${told}, ${result.skipped.length} were skipped by a command`);
    }
  }
}

function when(isWrong: boolean, what: string): string[] {
  return isWrong ? [what] : [];
}
