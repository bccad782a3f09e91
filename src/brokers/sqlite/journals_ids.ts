/**
 * The ids of a journal's new entries, assigned as Redis does (XADD): `now-0`, or the id after the last one when the clock
 * stands or is behind (T17).
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_MAX, type EntryId, nextEntryId } from "../../domain/entry_id.ts";
import { EntryIdNotIncreasingError, StreamExhaustedError } from "../../domain/stream_errors.ts";
import type { JournalEntry } from "../../ports/journal_store.ts";

/**
 * Assigns the ids of entries, all or none.
 *
 * @param options `journal`: for the error; `lastId`: the highest id so far; `nowMs`: the time.
 * @throws {EntryIdNotIncreasingError} When an explicit id is not above the one before it.
 * @throws {StreamExhaustedError} When no id is left.
 */
export function assignIds(
  entries: readonly JournalEntry[],
  options: { readonly journal: string; readonly lastId: EntryId; readonly nowMs: number },
): EntryId[] {
  const { journal, nowMs } = options;
  const ofNow: EntryId = `${BigInt(Math.max(0, Math.floor(nowMs)))}-${0n}`;
  let { lastId } = options;
  return entries.map(({ id }) => {
    if (lastId === ENTRY_ID_MAX) throw new StreamExhaustedError(journal);
    if (id !== undefined && compareEntryIds(id, lastId) <= 0) {
      throw new EntryIdNotIncreasingError(journal, id);
    }
    lastId = id ?? idAfter(lastId, ofNow);
    return lastId;
  });
}

function idAfter(lastId: EntryId, ofNow: EntryId): EntryId {
  return compareEntryIds(ofNow, lastId) > 0 ? ofNow : nextEntryId(lastId) ?? ENTRY_ID_MAX;
}
