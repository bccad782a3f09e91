/**
 * Entries that were trimmed or deleted before the group read them. Every entry has an ordinal, so a read that jumps over
 * a gap knows its size; it is kept with the group until somebody is told of it.
 *
 * @module
 */

import { entryIdOfSortable } from "../../domain/entry_id.ts";
import type { Membership, UnreadLoss } from "../../ports/consumer_store.ts";
import type { Connection } from "./connection.ts";
import {
  findGroupRow,
  findPlace,
  findStream,
  type GroupRow,
  type LivingStreamRow,
} from "./places.ts";
import { countLost } from "./progress.ts";
import { integerOf, textOf } from "./rows.ts";

const FIRST = "SELECT id, ordinal FROM tidemark_entries WHERE stream_id = ? ORDER BY id LIMIT 1";
const SKIP = `UPDATE tidemark_groups SET skipped_count = skipped_count + ?,
  skipped_after = coalesce(skipped_after, ?) WHERE group_id = ?`;
const FORGET =
  "UPDATE tidemark_groups SET skipped_count = 0, skipped_after = NULL WHERE group_id = ?";
const TAKE =
  `UPDATE tidemark_groups SET skipped_count = skipped_count - ?1, entries_read = entries_read + ?2,
  skipped_after = iif(skipped_count > ?1, skipped_after, NULL) WHERE group_id = ?3`;

/** Notes that a group has jumped over entries; `null`: that nothing it has jumped over matters any more. */
export function noteSkipped(
  connection: Connection,
  groupId: number,
  skipped: { readonly count: number; readonly after: string } | null,
): void {
  if (skipped === null) connection.statement(FORGET).run(groupId);
  else connection.statement(SKIP).run(skipped.count, skipped.after, groupId);
}

/** What a group has lost unread, and nobody was told of. To be called inside a transaction. */
export function unreadLossOf(
  connection: Connection,
  stream: LivingStreamRow,
  group: GroupRow,
): UnreadLoss | null {
  const { lastDelivered, entriesRead, skippedCount, skippedAfter } = group;
  if (lastDelivered === null) return null;
  const first = connection.statement(FIRST).get(stream.streamId);
  const firstId = first === undefined ? null : textOf(first.id);
  const goneBefore = first === undefined ? stream.entriesAdded : integerOf(first.ordinal) - 1;
  const standsBefore = lastDelivered < stream.lastId &&
    (firstId === null || lastDelivered < firstId);
  const ahead = standsBefore ? Math.max(0, goneBefore - entriesRead) : 0;
  if (skippedCount + ahead === 0) return null;
  const beforeId = ahead === 0 ? lastDelivered : firstId;
  return {
    lost: skippedCount + ahead,
    afterId: entryIdOfSortable(skippedAfter ?? lastDelivered),
    beforeId: beforeId === null ? null : entryIdOfSortable(beforeId),
  };
}

/**
 * Accounts for at most so many of the entries that a group has lost unread. To be called inside a transaction.
 *
 * @returns How many.
 */
export function accountFor(
  connection: Connection,
  call: { readonly stream: LivingStreamRow; readonly group: GroupRow; readonly countMax: number },
): number {
  const { stream, group, countMax } = call;
  const loss = unreadLossOf(connection, stream, group);
  const count = Math.min(loss?.lost ?? 0, countMax);
  if (count === 0) return 0;
  const ofSkipped = Math.min(count, group.skippedCount);
  connection.statement(TAKE).run(ofSkipped, count - ofSkipped, group.groupId);
  countLost(connection, group.groupId, count);
  return count;
}

/** How to look for a loss. */
export interface LossLook {
  /** Count what is found as lost, so that nobody finds it again. */
  readonly account: boolean;
}

/** `ConsumerStore.findUnreadLoss` over one connection. */
export function findUnreadLoss(
  connection: Connection,
  membership: Membership,
  options: LossLook,
): UnreadLoss | null {
  const action = `look for lost entries of stream "${membership.stream}"`;
  const look = () => {
    findPlace(connection, membership, { checkEpoch: true });
    const stream = findStream(connection, membership.stream);
    const group = stream && findGroupRow(connection, stream.streamId, membership.group);
    if (stream === null || group === null) return null;
    const loss = unreadLossOf(connection, stream, group);
    return loss === null ? null : { stream, group, loss };
  };
  // Nearly always there is nothing: seen without the write lock.
  const seen = connection.read(action, look);
  if (seen === null || !options.account) return seen?.loss ?? null;
  return connection.write(action, () => {
    const found = look();
    if (found === null) return null;
    accountFor(connection, { ...found, countMax: found.loss.lost });
    return found.loss;
  });
}
