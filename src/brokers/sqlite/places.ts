/**
 * Finds the rows of a stream, a group and a consumer by their names, and checks that a membership is still the living
 * one.
 *
 * @module
 */

import { ENTRY_ID_ZERO, sortableEntryId } from "../../domain/entry_id.ts";
import { ConsumerFencedError } from "../../domain/errors.ts";
import { GroupMissingError, GroupResetError } from "../../domain/stream_errors.ts";
import type { Membership } from "../../ports/consumer_store.ts";
import type { Connection } from "./connection.ts";
import { integerOf, textOf, textOrNullOf } from "./rows.ts";

/** The sortable spelling of `0-0`. */
export const SORTABLE_ZERO: string = sortableEntryId(ENTRY_ID_ZERO);

/** A row of `tidemark_streams`. Ids are sortable. */
export interface StreamRow {
  readonly streamId: number;
  /** `null`: the stream does not exist, somebody has joined it. */
  readonly incarnation: string | null;
  readonly lastId: string;
  readonly entriesAdded: number;
  readonly length: number;
}

/** A row of `tidemark_groups`, without its checkpoint. */
export interface GroupRow {
  readonly groupId: number;
  /** `null`: the group does not exist, it has an epoch or a checkpoint only. */
  readonly lastDelivered: string | null;
  readonly entriesRead: number;
  readonly lostCount: number;
  /** How many it jumped over because they were gone, and nobody was told of. */
  readonly skippedCount: number;
  /** Where it stood before the first of them. */
  readonly skippedAfter: string | null;
  readonly doneCount: number;
  readonly entriesAddedAtCheckpoint: number;
}

/** A living consumer in its existing group. */
export interface Place {
  readonly streamId: number;
  readonly incarnation: string;
  readonly lastId: string;
  readonly entriesAdded: number;
  readonly groupId: number;
  readonly lastDelivered: string;
  readonly entriesRead: number;
  readonly doneCount: number;
  readonly consumerId: number;
  /** The token and the verdicts of its last commit. */
  readonly token: string | null;
  readonly verdicts: string | null;
}

const FIND_STREAM = "SELECT * FROM tidemark_streams WHERE name = ?";
const ADD_STREAM = `INSERT INTO tidemark_streams (name, incarnation, last_id, entries_added, length)
  VALUES (?, NULL, ?, 0, 0)`;
const GIVE_LIFE = "UPDATE tidemark_streams SET incarnation = ? WHERE stream_id = ?";
const FIND_GROUP = "SELECT * FROM tidemark_groups WHERE stream_id = ? AND name = ?";
const ADD_GROUP = `INSERT INTO tidemark_groups
  (stream_id, name, entries_read, lost_count, done_count, entries_added_at_checkpoint)
  VALUES (?, ?, 0, 0, 0, 0)`;
const FIND_PLACE = `
  SELECT s.stream_id, s.incarnation, s.last_id, s.entries_added, g.group_id, g.last_delivered, g.entries_read, g.done_count,
    c.consumer_id, c.epoch, c.ticket, c.token, c.verdicts
  FROM tidemark_streams AS s
  LEFT JOIN tidemark_groups AS g ON g.stream_id = s.stream_id AND g.name = ?
  LEFT JOIN tidemark_consumers AS c ON c.group_id = g.group_id AND c.name = ?
  WHERE s.name = ?`;

/** Finds the row of a stream, whether or not the stream exists. */
export function findStreamRow(connection: Connection, stream: string): StreamRow | null {
  const row = connection.statement(FIND_STREAM).get(stream);
  if (row === undefined) return null;
  return {
    streamId: integerOf(row.stream_id),
    incarnation: textOrNullOf(row.incarnation),
    lastId: textOf(row.last_id),
    entriesAdded: integerOf(row.entries_added),
    length: integerOf(row.length),
  };
}

/** A stream that exists. */
export type LivingStreamRow = StreamRow & { readonly incarnation: string };

/** Finds a stream that exists. */
export function findStream(connection: Connection, stream: string): LivingStreamRow | null {
  const row = findStreamRow(connection, stream);
  if (row === null || row.incarnation === null) return null;
  return { ...row, incarnation: row.incarnation };
}

/** Finds the row of a stream, or makes one for a stream that does not exist. */
export function ensureStreamRow(connection: Connection, stream: string): StreamRow {
  const found = findStreamRow(connection, stream);
  if (found !== null) return found;
  const { lastInsertRowid } = connection.statement(ADD_STREAM).run(stream, SORTABLE_ZERO);
  return {
    streamId: Number(lastInsertRowid),
    incarnation: null,
    lastId: SORTABLE_ZERO,
    entriesAdded: 0,
    length: 0,
  };
}

/** Finds a stream, or makes it. @param uniqueText Makes the mark of its life. */
export function ensureStream(
  connection: Connection,
  stream: string,
  uniqueText: () => string,
): LivingStreamRow {
  const row = ensureStreamRow(connection, stream);
  if (row.incarnation !== null) return { ...row, incarnation: row.incarnation };
  const incarnation = uniqueText();
  connection.statement(GIVE_LIFE).run(incarnation, row.streamId);
  return { ...row, incarnation };
}

/** Finds the row of a group, whether or not the group exists. */
export function findGroupRow(
  connection: Connection,
  streamId: number,
  group: string,
): GroupRow | null {
  const row = connection.statement(FIND_GROUP).get(streamId, group);
  if (row === undefined) return null;
  return {
    groupId: integerOf(row.group_id),
    lastDelivered: textOrNullOf(row.last_delivered),
    entriesRead: integerOf(row.entries_read),
    lostCount: integerOf(row.lost_count),
    skippedCount: integerOf(row.skipped_count),
    skippedAfter: textOrNullOf(row.skipped_after),
    doneCount: integerOf(row.done_count),
    entriesAddedAtCheckpoint: integerOf(row.entries_added_at_checkpoint),
  };
}

/** Finds the row of a group, or makes one for a group that does not exist. */
export function ensureGroupRow(connection: Connection, streamId: number, group: string): GroupRow {
  const found = findGroupRow(connection, streamId, group);
  if (found !== null) return found;
  const { lastInsertRowid } = connection.statement(ADD_GROUP).run(streamId, group);
  return {
    groupId: Number(lastInsertRowid),
    lastDelivered: null,
    entriesRead: 0,
    lostCount: 0,
    skippedCount: 0,
    skippedAfter: null,
    doneCount: 0,
    entriesAddedAtCheckpoint: 0,
  };
}

/**
 * Checks that a membership is still the living one of its name.
 *
 * @param current What is stored: the last join's epoch, negative when the group was reset since, and its ticket.
 * @throws {GroupResetError} When the group was reset since this membership joined as the last one.
 * @throws {ConsumerFencedError} When another process has joined under this name.
 */
export function checkEpoch(
  membership: Membership,
  current: { readonly epoch: number; readonly ticket: string | null },
): void {
  const { stream, group, consumer, epoch, ticket } = membership;
  const currentEpoch = Math.abs(current.epoch);
  // An epoch alone comes again when all was deleted.
  if (currentEpoch !== epoch || current.ticket !== ticket) {
    throw new ConsumerFencedError(consumer, epoch, currentEpoch);
  }
  if (current.epoch < 0) throw new GroupResetError(stream, group);
}

/**
 * Finds the place of a consumer.
 *
 * @param options `checkEpoch`: only the newest process of this name may go on.
 * @throws {GroupMissingError} When stream or group are gone, or the group has forgotten this consumer.
 * @throws {GroupResetError} or {ConsumerFencedError} As {@linkcode checkEpoch} does.
 */
export function findPlace(
  connection: Connection,
  membership: Membership,
  options: { readonly checkEpoch: boolean },
): Place {
  const { stream, group, consumer } = membership;
  const row = connection.statement(FIND_PLACE).get(group, consumer, stream);
  // No epoch: the group was removed, or this name was deleted. Joining again puts it right.
  if (row === undefined || row.consumer_id === null) throw new GroupMissingError(stream, group);
  if (options.checkEpoch) {
    const { epoch, ticket } = row;
    checkEpoch(membership, { epoch: integerOf(epoch), ticket: textOrNullOf(ticket) });
  }
  const incarnation = textOrNullOf(row.incarnation);
  const lastDelivered = textOrNullOf(row.last_delivered);
  if (incarnation === null || lastDelivered === null) throw new GroupMissingError(stream, group);
  return {
    streamId: integerOf(row.stream_id),
    incarnation,
    lastId: textOf(row.last_id),
    entriesAdded: integerOf(row.entries_added),
    groupId: integerOf(row.group_id),
    lastDelivered,
    entriesRead: integerOf(row.entries_read),
    doneCount: integerOf(row.done_count),
    consumerId: integerOf(row.consumer_id),
    token: textOrNullOf(row.token),
    verdicts: textOrNullOf(row.verdicts),
  };
}
