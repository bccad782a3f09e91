/**
 * The table of server faults: every row, several times, a few side by side. Rows wait far more than they work, and each
 * has a server of its own.
 *
 * @module
 */

import { LOSSES } from "./losses.ts";
import { OUTAGES } from "./outages.ts";
import { REFUSALS } from "./refusals.ts";
import type { ServerRow } from "./row.ts";
import { type RowResult, runRow } from "./run_row.ts";
import { defectsOf } from "./verdict.ts";

/** A row that was run, and everything that is wrong with it. */
export interface JudgedRow {
  readonly row: ServerRow;
  readonly result: RowResult;
  readonly defects: readonly string[];
}

/** All rows, or those with a part of a name. */
export function plannedRows(only: string | null): ServerRow[] {
  return [...OUTAGES, ...REFUSALS, ...LOSSES]
    .filter(({ name }) => only === null || name.includes(only));
}

/** Runs rows. @param options `onRow`: told of each; `signal`: ends it early. */
export async function runRows(
  rows: readonly ServerRow[],
  options: {
    readonly seed: number;
    readonly repeats: number;
    readonly lanes: number;
    readonly onRow: (judged: JudgedRow) => void;
    readonly signal: AbortSignal;
  },
): Promise<JudgedRow[]> {
  const { seed, repeats, lanes, onRow, signal } = options;
  const waiting = Array.from({ length: repeats }, () => rows).flat();
  const judged: JudgedRow[] = [];
  async function lane(): Promise<void> {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      signal.throwIfAborted();
      const result = await runRow(row, seed + waiting.length);
      const each = { row, result, defects: defectsOf(row, result) };
      judged.push(each);
      onRow(each);
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, lane));
  return judged;
}
