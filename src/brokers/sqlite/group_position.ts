/**
 * Where a group stands in its stream: the highest id handed out, and how many entries lie at or below it.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { noteSkipped } from "./losses.ts";
import { integerOf } from "./rows.ts";

const MOVE = "UPDATE tidemark_groups SET last_delivered = ?, entries_read = ? WHERE group_id = ?";
const FIRST_ABOVE =
  "SELECT ordinal FROM tidemark_entries WHERE stream_id = ? AND id > ? ORDER BY id LIMIT 1";

/** Where to move a group. */
export interface GroupMove {
  readonly groupId: number;
  readonly streamId: number;
  /** How many entries the stream ever had. */
  readonly entriesAdded: number;
  /** The id after which it reads on. Sortable. */
  readonly to: string;
}

/**
 * Moves a group, or gives it existence. Entries that are gone before the next one that it will read count as read: the
 * group could not have missed them.
 */
export function moveGroup(connection: Connection, move: GroupMove): void {
  const { groupId, streamId, to } = move;
  const next = connection.statement(FIRST_ABOVE).get(streamId, to);
  const entriesRead = next === undefined ? move.entriesAdded : integerOf(next.ordinal) - 1;
  noteSkipped(connection, groupId, null);
  noteDelivered(connection, groupId, { lastDelivered: to, entriesRead });
}

/** Notes what was handed out last. */
export function noteDelivered(
  connection: Connection,
  groupId: number,
  now: { readonly lastDelivered: string; readonly entriesRead: number },
): void {
  connection.statement(MOVE).run(now.lastDelivered, now.entriesRead, groupId);
}
