/**
 * The order of keys across a group: an entry goes where the unfinished entry before it, of the same key, is. Found by
 * one look-up in the index of the pending list by key.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { integerOf, type StoredKey, textOf } from "./rows.ts";
import { RELEASED_OWNER } from "./schema.ts";

const PREDECESSOR = `SELECT id, consumer_id, delivered_at, assigned
  FROM tidemark_pending INDEXED BY tidemark_pending_by_key
  WHERE group_id = ? AND key = ? AND id < ? ORDER BY id DESC LIMIT 1`;
const ASSIGN = `UPDATE tidemark_pending SET consumer_id = ?, delivered_at = ?, assigned = ?
  WHERE group_id = ? AND id = ?`;

/** An unfinished entry, seen from the one that follows it. */
export interface Predecessor {
  /** Sortable. */
  readonly id: string;
  readonly consumerId: number;
  readonly deliveredAt: number;
  /** It waits for its owner's `readAssigned`. */
  readonly isAssigned: boolean;
}

/** The unfinished entry of the same key directly before an id; `null` for none, and for an entry without a key. */
export function predecessorOf(
  connection: Connection,
  groupId: number,
  entry: { readonly id: string; readonly key: StoredKey },
): Predecessor | null {
  if (entry.key === null) return null;
  const row = connection.statement(PREDECESSOR).get(groupId, entry.key, entry.id);
  if (row === undefined) return null;
  return {
    id: textOf(row.id),
    consumerId: integerOf(row.consumer_id),
    deliveredAt: integerOf(row.delivered_at),
    isAssigned: row.assigned === 1,
  };
}

/**
 * Whether an entry may be handed to a consumer: nothing of its key comes before it, or what does has been handed to the
 * same consumer, whose lanes keep the two in order. What only waits for that consumer has not.
 */
export function mayHandOut(predecessor: Predecessor | null, consumerId: number): boolean {
  return predecessor === null ||
    (predecessor.consumerId === consumerId && !predecessor.isAssigned);
}

/**
 * Makes a pending entry follow its predecessor: same owner, same idle time, and waiting there. Behind an entry that was
 * handed back it is handed back too.
 */
export function assignAfter(
  connection: Connection,
  predecessor: Predecessor,
  entry: { readonly groupId: number; readonly id: string },
): void {
  const { consumerId, deliveredAt } = predecessor;
  const isAssigned = consumerId !== RELEASED_OWNER;
  connection.statement(ASSIGN).run(
    consumerId,
    deliveredAt,
    isAssigned ? 1 : 0,
    entry.groupId,
    entry.id,
  );
}
