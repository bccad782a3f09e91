/**
 * The rounds of a side as a line of a table.
 *
 * @module
 */

import type { Row } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import type { Result } from "./race.ts";

/** What the columns of {@linkcode ratioRow} mean, for the text above a table. */
export const RATIO_COLUMNS = [
  "events/s   the median of the rounds, from the first event at the handler until the last is acknowledged",
  "x ...      the median of the rounds' ratios to the first row of the same setting; low, high: the worst and best round",
  "client µs  what an event costs the processor in the process of that side; server µs: in that of redis-server",
].join("\n");

/** With what a side is compared. */
export interface Rivalry {
  /** The same rounds of the rival. */
  readonly rival: readonly Result[];
  /** What the column of the ratio is called. */
  readonly heading: string;
}

/** One line. */
export function ratioRow(results: readonly Result[], { rival, heading }: Rivalry): Row {
  const ratios = results.map((result, round) => rate(result) / rate(rival[round]));
  const micros = (of: (result: Result) => number) =>
    rounded(median(results.map((result) => of(result) / result.handled)), 2);
  return {
    "events/s": rounded(median(results.map(rate))),
    [heading]: rounded(median(ratios), 2),
    "low": rounded(Math.min(...ratios), 2),
    "high": rounded(Math.max(...ratios), 2),
    "client µs": micros(({ cpuMicros }) => cpuMicros),
    "server µs": micros(({ serverMicros }) => serverMicros),
  };
}

function rate(result: Result | undefined): number {
  return result === undefined ? NaN : result.handled / result.seconds;
}
