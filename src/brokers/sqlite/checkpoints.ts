/**
 * The checkpoint of a group: columns of its row, and its done-set in a table of its own.
 *
 * @module
 */

import { type Checkpoint, CHECKPOINT_SCHEMA } from "../../domain/checkpoint.ts";
import { type EntryId, entryIdOfSortable } from "../../domain/entry_id.ts";
import type { QuarantinedCheckpoint } from "../../ports/group_store.ts";
import type { Connection } from "./connection.ts";
import { findGroupRow, findStreamRow, SORTABLE_ZERO } from "./places.ts";
import { integerOf, textOf } from "./rows.ts";

const READ =
  `SELECT checkpoint_schema, checkpoint_consumer, checkpoint_incarnation, checkpoint_position,
  checkpoint_epoch, checkpoint_saved_at FROM tidemark_groups WHERE group_id = ?`;
const WRITE =
  `UPDATE tidemark_groups SET checkpoint_schema = ${CHECKPOINT_SCHEMA}, checkpoint_consumer = ?,
  checkpoint_incarnation = ?, checkpoint_position = ?, checkpoint_epoch = ?, checkpoint_saved_at = ?
  WHERE group_id = ?`;
const CLEAR = `UPDATE tidemark_groups SET checkpoint_schema = NULL, checkpoint_consumer = NULL,
  checkpoint_incarnation = NULL, checkpoint_position = NULL, checkpoint_epoch = NULL,
  checkpoint_saved_at = NULL WHERE group_id = ?`;
const READ_DONE = "SELECT id FROM tidemark_done WHERE group_id = ? ORDER BY id";
const CLEAR_DONE = "DELETE FROM tidemark_done WHERE group_id = ?";
const ADD_DONE = `INSERT OR IGNORE INTO tidemark_done (group_id, id)
  SELECT ?, value FROM json_each(?)`;
const TRIM_DONE = "DELETE FROM tidemark_done WHERE group_id = ? AND id <= ?";
const COUNT_DONE = `UPDATE tidemark_groups SET done_count = done_count + ? WHERE group_id = ?`;
const RESET_DONE_COUNT = `UPDATE tidemark_groups SET done_count = 0 WHERE group_id = ?`;
const QUARANTINE =
  `INSERT INTO tidemark_quarantine (stream, "group", moved_at, checkpoint) VALUES (?, ?, ?, ?)`;

const LIST_QUARANTINED = `SELECT moved_at, checkpoint FROM tidemark_quarantine
  WHERE stream = ? AND "group" = ? ORDER BY rowid DESC LIMIT ?`;

/** How far a group is, by its stored checkpoint. */
export interface StoredPosition {
  /** Sortable. `0-0` when there is no checkpoint of the stream's present life. */
  readonly position: string;
  /** Whether there is such a checkpoint. */
  readonly exists: boolean;
  /** Whose commit moved it last. */
  readonly consumer: string;
  readonly epoch: number;
  readonly savedAtMs: number;
}

/** Reads a group's checkpoint as it was found, unchecked; `null` for none. */
export function readCheckpoint(
  connection: Connection,
  names: { readonly stream: string; readonly group: string },
): Record<string, unknown> | null {
  const stream = findStreamRow(connection, names.stream);
  const group = stream === null ? null : findGroupRow(connection, stream.streamId, names.group);
  if (group === null) return null;
  const row = connection.statement(READ).get(group.groupId);
  if (row === undefined || row.checkpoint_schema === null) return null;
  return {
    schema: row.checkpoint_schema,
    stream: names.stream,
    group: names.group,
    consumer: row.checkpoint_consumer,
    incarnation: row.checkpoint_incarnation,
    position: idOrRaw(row.checkpoint_position),
    done: connection.statement(READ_DONE).all(group.groupId).map(({ id }) => idOrRaw(id)),
    epoch: row.checkpoint_epoch,
    savedAtMs: row.checkpoint_saved_at,
  };
}

/** Reads how far a group is. */
export function readPosition(
  connection: Connection,
  groupId: number,
  incarnation: string,
): StoredPosition {
  const row = connection.statement(READ).get(groupId);
  if (
    row === undefined || row.checkpoint_schema === null ||
    row.checkpoint_incarnation !== incarnation
  ) {
    return { position: SORTABLE_ZERO, exists: false, consumer: "", epoch: 0, savedAtMs: 0 };
  }
  return {
    position: textOf(row.checkpoint_position),
    exists: true,
    consumer: textOf(row.checkpoint_consumer),
    epoch: integerOf(row.checkpoint_epoch),
    savedAtMs: integerOf(row.checkpoint_saved_at),
  };
}

/** Writes a group's checkpoint, but for its done-set. */
export function writePosition(
  connection: Connection,
  groupId: number,
  checkpoint: Pick<Checkpoint, "consumer" | "incarnation" | "epoch" | "savedAtMs"> & {
    /** Sortable. */
    readonly position: string;
  },
): void {
  const { consumer, incarnation, position, epoch, savedAtMs } = checkpoint;
  connection.statement(WRITE).run(consumer, incarnation, position, epoch, savedAtMs, groupId);
}

/** Reads the done-set, ascending. */
export function readDone(connection: Connection, groupId: number): EntryId[] {
  return connection.statement(READ_DONE).all(groupId).map(({ id }) =>
    entryIdOfSortable(textOf(id))
  );
}

/** Adds finished ids (sortable) to the done-set. @returns How many were new. */
export function addDone(connection: Connection, groupId: number, ids: readonly string[]): number {
  if (ids.length === 0) return 0;
  const { changes } = connection.statement(ADD_DONE).run(groupId, JSON.stringify(ids));
  connection.statement(COUNT_DONE).run(Number(changes), groupId);
  return Number(changes);
}

/** Removes the ids at or below a position from the done-set. @returns How many. */
export function trimDone(connection: Connection, groupId: number, position: string): number {
  const { changes } = connection.statement(TRIM_DONE).run(groupId, position);
  connection.statement(COUNT_DONE).run(-Number(changes), groupId);
  return Number(changes);
}

/** Empties the done-set. */
export function clearDone(connection: Connection, groupId: number): void {
  connection.statement(CLEAR_DONE).run(groupId);
  connection.statement(RESET_DONE_COUNT).run(groupId);
}

/** Moves a group's checkpoint aside (V9). */
export function quarantineCheckpoint(
  connection: Connection,
  groupId: number,
  call: { readonly stream: string; readonly group: string; readonly nowMs: number },
): void {
  const found = readCheckpoint(connection, call);
  if (found === null) return;
  connection.statement(QUARANTINE).run(
    call.stream,
    call.group,
    call.nowMs,
    JSON.stringify(found),
  );
  connection.statement(CLEAR).run(groupId);
  clearDone(connection, groupId);
}

/** The checkpoints of a group that were moved aside, newest first. */
export function listQuarantined(
  connection: Connection,
  call: { readonly stream: string; readonly group: string; readonly count: number },
): QuarantinedCheckpoint[] {
  const rows = connection.statement(LIST_QUARANTINED).all(call.stream, call.group, call.count);
  return rows.map((row) => ({
    movedAtMs: integerOf(row.moved_at),
    stored: parsedOrRaw(textOf(row.checkpoint)),
  }));
}

/** What is no JSON stays as it is, for `decodeCheckpoint` to refuse. */
function parsedOrRaw(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return stored;
  }
}

/** A stored id in its ordinary spelling; what is no id stays as it is, for `decodeCheckpoint` to refuse. */
function idOrRaw(stored: unknown): unknown {
  if (typeof stored !== "string") return stored;
  try {
    return entryIdOfSortable(stored);
  } catch {
    return stored;
  }
}
