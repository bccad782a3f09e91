/**
 * The low watermark of a group: the highest finished id below its first pending entry. Both brokers compute it inside
 * their commit; this is the rule in one place, against which they are tested.
 *
 * @module
 */

import { compareEntryIds, type EntryId, laterEntryId } from "./entry_id.ts";

/** What is known of a group when a commit has taken its entries off the pending list. */
export interface Progress {
  /** The watermark before the commit. */
  readonly position: EntryId;
  /** Every id finished above that position, in any order. */
  readonly finished: readonly EntryId[];
  /** The lowest id that is not finished: still pending, or not yet read by the group; `null` for none. */
  readonly firstPending: EntryId | null;
}

/**
 * Advances the watermark.
 *
 * @returns The new position, never below the old one, and the finished ids above it: the new done-set, ascending.
 */
export function advanceWatermark(progress: Progress): { position: EntryId; done: EntryId[] } {
  const { firstPending } = progress;
  let position = progress.position;
  for (const id of progress.finished) {
    if (firstPending === null || compareEntryIds(id, firstPending) < 0) {
      position = laterEntryId(position, id);
    }
  }
  const done = [...new Set(progress.finished)]
    .filter((id) => compareEntryIds(id, position) > 0)
    .sort(compareEntryIds);
  return { position, done };
}
