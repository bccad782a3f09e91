/**
 * How a consumer started, in the words of those who read its log. The rows of the start-up table are for those who know
 * the table.
 *
 * @module
 */

import type { StartUpRow } from "./start_up_decision.ts";

const WORDS: Readonly<Record<StartUpRow, string>> = {
  V1: "new group",
  V2: "existing group without a checkpoint",
  V3: "resumed",
  V4: "group was behind its checkpoint, resumed there",
  V5: "group was gone, made again at its checkpoint",
  V6: "checkpoint beyond the end of the stream, began anew",
  V7: "another stream than the checkpoint's, began anew",
  V8: "entries were trimmed before they were read",
  V9: "unusable checkpoint set aside",
  V10: "key of another type",
  V11: "no stream yet",
};

/**
 * What applied at a start, in words.
 *
 * @param rows The rows, in the order in which they applied.
 */
export function startUpWords(rows: readonly StartUpRow[]): string {
  return rows.map((row) => WORDS[row]).join("; ");
}
