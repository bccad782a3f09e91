/**
 * Removes entries: exactly, when an operator says so, or roughly, when a stream has grown above its wanted length. The
 * rough way never takes an entry that a group has not finished.
 *
 * @module
 */

import { type EntryId, sortableEntryId } from "../../domain/entry_id.ts";
import type { TrimBound } from "../../ports/stream_store.ts";
import type { Connection } from "./connection.ts";
import { integerOf, textOrNullOf } from "./rows.ts";

/** Trimming goes by so many entries at once, as Redis does by whole nodes: one delete for a hundred appends. */
const TRIM_STEP = 100;

const LENGTH = "SELECT length FROM tidemark_streams WHERE stream_id = ?";
const SHORTEN = "UPDATE tidemark_streams SET length = length - ? WHERE stream_id = ?";
/** The id of the oldest entry that stays when so many are removed. */
const NTH_ID = "SELECT id FROM tidemark_entries WHERE stream_id = ? ORDER BY id LIMIT 1 OFFSET ?";
const DELETE_BELOW = "DELETE FROM tidemark_entries WHERE stream_id = ? AND id < ?";
const DELETE_ALL = "DELETE FROM tidemark_entries WHERE stream_id = ?";
const DELETE_SOME =
  "DELETE FROM tidemark_entries WHERE stream_id = ? AND id IN (SELECT value FROM json_each(?))";
/** A group's lowest pending id; or, where nothing is pending, the last id handed out, with which it is done. */
const UNFINISHED = `
  SELECT g.last_delivered,
    (SELECT p.id FROM tidemark_pending AS p WHERE p.group_id = g.group_id ORDER BY p.id LIMIT 1) AS first_pending
  FROM tidemark_groups AS g WHERE g.stream_id = ? AND g.last_delivered IS NOT NULL`;
const FIRST_AFTER =
  "SELECT id FROM tidemark_entries WHERE stream_id = ? AND id > ? ORDER BY id LIMIT 1";

/** Removes old entries, exactly. To be called inside a transaction. @returns How many. */
export function trimExactly(connection: Connection, streamId: number, bound: TrimBound): number {
  if ("beforeId" in bound) {
    return deleteBelow(connection, streamId, sortableEntryId(bound.beforeId));
  }
  const excess = lengthOf(connection, streamId) - bound.lengthMax;
  return excess <= 0 ? 0 : deleteOldest(connection, streamId, excess);
}

/** Removes single entries. To be called inside a transaction. @returns How many were there. */
export function deleteSome(
  connection: Connection,
  streamId: number,
  ids: readonly EntryId[],
): number {
  const { changes } = connection.statement(DELETE_SOME).run(
    streamId,
    JSON.stringify(ids.map(sortableEntryId)),
  );
  return shorten(connection, streamId, Number(changes));
}

/**
 * Removes the oldest entries that every group has finished, down to the wanted length, in steps of a hundred.
 * To be called inside a transaction.
 */
export function trimFinished(connection: Connection, streamId: number, lengthMax: number): void {
  const excess = lengthOf(connection, streamId) - lengthMax;
  const wanted = Math.floor(excess / TRIM_STEP) * TRIM_STEP;
  if (wanted <= 0) return;
  const cut = textOrNullOf(connection.statement(NTH_ID).get(streamId, wanted)?.id);
  const needed = firstUnfinished(connection, streamId);
  if (needed !== null && (cut === null || needed < cut)) {
    deleteBelow(connection, streamId, needed);
  } else {
    deleteOldest(connection, streamId, wanted);
  }
}

/** The lowest id that some group has not finished, `null` when every entry is finished by all. */
function firstUnfinished(connection: Connection, streamId: number): string | null {
  let lowest: string | null = null;
  for (const row of connection.statement(UNFINISHED).all(streamId)) {
    const firstPending = textOrNullOf(row.first_pending);
    const firstUnread = textOrNullOf(
      connection.statement(FIRST_AFTER).get(streamId, textOrNullOf(row.last_delivered))?.id,
    );
    for (const id of [firstPending, firstUnread]) {
      if (id !== null && (lowest === null || id < lowest)) lowest = id;
    }
  }
  return lowest;
}

function deleteOldest(connection: Connection, streamId: number, count: number): number {
  const cut = textOrNullOf(connection.statement(NTH_ID).get(streamId, count)?.id);
  if (cut !== null) return deleteBelow(connection, streamId, cut);
  const { changes } = connection.statement(DELETE_ALL).run(streamId);
  return shorten(connection, streamId, Number(changes));
}

function deleteBelow(connection: Connection, streamId: number, id: string): number {
  const { changes } = connection.statement(DELETE_BELOW).run(streamId, id);
  return shorten(connection, streamId, Number(changes));
}

function shorten(connection: Connection, streamId: number, count: number): number {
  if (count > 0) connection.statement(SHORTEN).run(count, streamId);
  return count;
}

function lengthOf(connection: Connection, streamId: number): number {
  return integerOf(connection.statement(LENGTH).get(streamId)?.length);
}
