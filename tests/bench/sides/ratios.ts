/**
 * The rounds of sides as lines of a table.
 *
 * @module
 */

import type { Row } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import type { Contestant, Result } from "./race.ts";

/** What the columns of {@linkcode ratioRows} mean, for the text above a table. */
export const RATIO_COLUMNS = [
  "events/s   the median of the rounds, from the first event at the handler until the last is acknowledged",
  "x ...      the median of the rounds' ratios to the first row of the same setting; low, high: the worst and best round",
  "client µs  what an event costs the processor in the process of that side; server µs: in that of redis-server",
].join("\n");

/** How the sides of one setting are written down. */
export interface RatioOptions {
  /** In the order of their results; the first is the rival. */
  readonly contestants: readonly Contestant[];
  /** What the setting is, in columns before those of the figures. */
  readonly setting: Row;
  /** What the column of the ratio is called. */
  readonly heading: string;
}

/** A line for each side, compared with the first. */
export function ratioRows(
  results: readonly (readonly Result[])[],
  { contestants, setting, heading }: RatioOptions,
): Row[] {
  return contestants.map(({ name }, index) => ({
    ...setting,
    side: name,
    ...ratioRow(results[index] ?? [], { rival: results[0] ?? [], heading }),
  }));
}

/** With what a side is compared. */
interface Rivalry {
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
