/**
 * Telling of pending entries whose data is gone: they were trimmed or deleted before anybody handled them (T6, T7).
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import type { Report } from "./report.ts";

/**
 * Reports lost entries, once they are finished as such.
 *
 * @param lost Their ids, ascending; none tells nothing.
 */
export function tellLost(
  lost: readonly EntryId[],
  { stream, report }: { readonly stream: string; readonly report: (report: Report) => void },
): void {
  const first = lost[0];
  const last = lost[lost.length - 1];
  if (first === undefined || last === undefined) return;
  report({ kind: "dataLoss", stream, lost: lost.length, afterId: first, beforeId: last });
}
