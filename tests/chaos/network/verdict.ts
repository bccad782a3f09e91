/**
 * The verdict on a cell: everything that is wrong, in sentences; nothing when all is as promised. Also what is wrong
 * with the cell itself, such as a fault that struck nothing.
 *
 * @module
 */

import { findingsDefects, observedDefects } from "../verdict.ts";
import type { CellResult, Rate } from "./cell.ts";

/** From the end of a fault until every consumer works (L3), in ms. */
const RECOVERY_MS_MAX = 10_000;

/**
 * No hot loop: so much may be attempted a second, by all clients together. Ordinary work makes up to 550 requests, also
 * under a fault that does not hold it up. Who cannot connect waits 25 ms in the mean at first and 250 ms later
 * (`BROKER_BACKOFF`), which makes up to 120 connections of three brokers and their readers; waits of a millisecond made 690.
 */
const RATE_MAX: Rate = { connections: 300, requests: 1_000 };

/** A fault is told in a few lines for each of the four consumers, not in one per attempt. */
const LINES_MAX = 24;

/** Everything that is wrong. */
export function defectsOf(result: CellResult): string[] {
  const { recoveredMs, waiting, finishedMs, lines, promises, strikes } = result;
  return [
    ...result.streams.flatMap(({ order, findings, observed }) =>
      [...findingsDefects(order === "key" ? findings : { ...findings, disordered: [] })]
        .concat(observedDefects(observed))
        .map((defect) => `order ${order}: ${defect}`)
    ),
    ...when(waiting.length > 0, `not recovered: ${waiting.join(", ")}`),
    ...when(recoveredMs > RECOVERY_MS_MAX, `recovered only after ${recoveredMs.toFixed(0)} ms`),
    ...when(finishedMs === null, "the work was not finished in time"),
    ...hotLoops(result),
    ...when(lines > LINES_MAX, `${lines} lines in the log`),
    ...promises.late.map((each) => `deadline: ${each}`),
    ...when(strikes === 0, "the matrix: the fault struck nothing"),
  ];
}

/** What was attempted too often. */
export function hotLoops({ calm, struck }: Pick<CellResult, "calm" | "struck">): string[] {
  return (["connections", "requests"] as const).flatMap((what) =>
    when(
      struck[what] > RATE_MAX[what],
      `hot loop: ${struck[what].toFixed(0)} ${what} a second, ${
        calm[what].toFixed(0)
      } before the fault`,
    )
  );
}

function when(isWrong: boolean, what: string): string[] {
  return isWrong ? [what] : [];
}
