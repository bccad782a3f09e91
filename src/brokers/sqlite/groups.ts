/**
 * Consumer groups as an operator sees them, in SQLite.
 *
 * @module
 */

import {
  ENTRY_ID_ZERO,
  type EntryId,
  entryIdOfSortable,
  parseEntryId,
  previousEntryId,
  sortableEntryId,
} from "../../domain/entry_id.ts";
import {
  GroupMissingError,
  PendingEntriesError,
  StartBeyondEndError,
  StreamMissingError,
} from "../../domain/stream_errors.ts";
import { checkName } from "../../domain/names.ts";
import type {
  ConsumerInfo,
  GroupInfo,
  PendingEntry,
  PendingOptions,
  StartPosition,
} from "../../ports/group_store.ts";
import type { AppendContext } from "./append.ts";
import { moveGroup } from "./group_position.ts";
import { checkCount, checkWhole } from "./limits.ts";
import {
  ensureGroupRow,
  ensureStream,
  findGroupRow,
  findStream,
  findStreamRow,
  type GroupRow,
} from "./places.ts";
import { integerOf, textOf, textOrNullOf } from "./rows.ts";
import { RELEASED_CONSUMER, RELEASED_OWNER } from "./schema.ts";
import type { Waiters } from "./waiters.ts";

/** How many pending entries one call lists at most. */
const PENDING_MAX = 10_000;
/** Up to this lag it is counted exactly; above it, entries that were deleted unread may be counted too. */
const LAG_COUNTED_MAX = 1_000;

const LIST_GROUPS = `
  SELECT g.name, g.last_delivered, g.entries_read, g.lost_count, s.entries_added, s.length,
    (SELECT count(*) FROM tidemark_pending AS p WHERE p.group_id = g.group_id) AS pending,
    (SELECT p.id FROM tidemark_pending AS p WHERE p.group_id = g.group_id ORDER BY p.id LIMIT 1) AS first_pending,
    (SELECT count(*) FROM tidemark_consumers AS c WHERE c.group_id = g.group_id) AS consumers,
    (SELECT count(*) FROM (SELECT 1 FROM tidemark_entries AS e
      WHERE e.stream_id = s.stream_id AND e.id > g.last_delivered LIMIT ${LAG_COUNTED_MAX})) AS unread
  FROM tidemark_groups AS g JOIN tidemark_streams AS s ON s.stream_id = g.stream_id
  WHERE g.stream_id = ? AND g.last_delivered IS NOT NULL ORDER BY g.name`;
const LIST_CONSUMERS = `
  SELECT c.name, abs(c.epoch) AS epoch, c.position, (SELECT count(*) FROM tidemark_pending AS p
    WHERE p.group_id = c.group_id AND p.consumer_id = c.consumer_id) AS pending
  FROM tidemark_consumers AS c WHERE c.group_id = ? ORDER BY c.name`;
const PENDING_COLUMNS = "SELECT p.id, p.consumer_id, p.delivered_at, p.deliveries, c.name";
const NAMED = "LEFT JOIN tidemark_consumers AS c ON c.consumer_id = p.consumer_id";
const LIST_PENDING = `${PENDING_COLUMNS} FROM tidemark_pending AS p ${NAMED}
  WHERE p.group_id = ?1 AND p.id > ?2 AND (p.consumer_id = ${RELEASED_OWNER} OR p.delivered_at <= ?3)
  ORDER BY p.id LIMIT ?4`;
const LIST_PENDING_OF = `${PENDING_COLUMNS}
  FROM tidemark_pending AS p INDEXED BY tidemark_pending_by_consumer ${NAMED}
  WHERE p.group_id = ?1 AND p.id > ?2 AND p.delivered_at <= ?3
    AND p.consumer_id = (SELECT consumer_id FROM tidemark_consumers WHERE group_id = ?1 AND name = ?5)
  ORDER BY p.id LIMIT ?4`;
const COUNT_PENDING = "SELECT count(*) AS pending FROM tidemark_pending WHERE group_id = ?";
const FIND_CONSUMER = `SELECT c.consumer_id, (SELECT count(*) FROM tidemark_pending AS p
  WHERE p.group_id = c.group_id AND p.consumer_id = c.consumer_id) AS pending
  FROM tidemark_consumers AS c WHERE c.group_id = ? AND c.name = ?`;
const DELETE_CONSUMER = "DELETE FROM tidemark_consumers WHERE consumer_id = ?";
const DELETE_QUARANTINED = `DELETE FROM tidemark_quarantine WHERE stream = ? AND "group" = ?`;
const DELETE_GROUP = ["pending", "done", "consumers", "groups"].map((table) =>
  `DELETE FROM tidemark_${table} WHERE group_id = ?`
);

/** {@linkcode GroupStore} over one connection. */
export class Groups {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;

  constructor(context: AppendContext, waiters: Waiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  /** See `GroupStore.createGroup`. */
  create(
    stream: string,
    group: string,
    plan: { readonly start: StartPosition; readonly createStream: boolean },
  ): boolean {
    checkName("stream", stream);
    checkName("group", group);
    const { connection, random } = this.#context;
    return connection.write(`create group "${group}" of stream "${stream}"`, () => {
      const row = plan.createStream
        ? ensureStream(connection, stream, () => random.uniqueText())
        : findStream(connection, stream);
      if (row === null) throw new StreamMissingError(stream);
      const groupRow = ensureGroupRow(connection, row.streamId, group);
      if (groupRow.lastDelivered !== null) return false;
      const start = startId(stream, plan.start, entryIdOfSortable(row.lastId));
      moveGroup(connection, { ...row, groupId: groupRow.groupId, to: sortableEntryId(start) });
      return true;
    });
  }

  /** See `GroupStore.deleteGroup`. */
  delete(stream: string, group: string, force: boolean): boolean {
    const { connection } = this.#context;
    const existed = connection.write(`delete group "${group}" of stream "${stream}"`, () => {
      const streamRow = findStreamRow(connection, stream);
      const row = streamRow && findGroupRow(connection, streamRow.streamId, group);
      if (row === null) return false;
      const pending = integerOf(connection.statement(COUNT_PENDING).get(row.groupId)?.pending);
      if (pending > 0 && !force) throw new PendingEntriesError(`group "${group}"`, pending);
      for (const sql of DELETE_GROUP) connection.statement(sql).run(row.groupId);
      connection.statement(DELETE_QUARANTINED).run(stream, group);
      return row.lastDelivered !== null;
    });
    this.#waiters.wake(stream);
    return existed;
  }

  /** See `GroupStore.listGroups`. */
  list(stream: string): GroupInfo[] {
    const { connection } = this.#context;
    return connection.read(`list the groups of stream "${stream}"`, () => {
      const row = findStream(connection, stream);
      if (row === null) return [];
      return connection.statement(LIST_GROUPS).all(row.streamId).map((group) => {
        const unread = integerOf(group.unread);
        const unreadAtMost = Math.min(
          integerOf(group.entries_added) - integerOf(group.entries_read),
          integerOf(group.length),
        );
        const firstPending = textOrNullOf(group.first_pending);
        return {
          group: textOf(group.name),
          lastDeliveredId: entryIdOfSortable(textOf(group.last_delivered)),
          pendingCount: integerOf(group.pending),
          firstPendingId: firstPending === null ? null : entryIdOfSortable(firstPending),
          consumerCount: integerOf(group.consumers),
          lag: unread < LAG_COUNTED_MAX ? unread : unreadAtMost,
          lostCount: integerOf(group.lost_count),
        };
      });
    });
  }

  /** See `GroupStore.listConsumers`. */
  listConsumers(stream: string, group: string): ConsumerInfo[] {
    const { connection } = this.#context;
    return connection.read(`list the consumers of group "${group}"`, () => {
      const { groupId } = this.#existing(stream, group);
      return connection.statement(LIST_CONSUMERS).all(groupId).map((row) => {
        const position = textOrNullOf(row.position);
        return {
          consumer: textOf(row.name),
          pendingCount: integerOf(row.pending),
          epoch: integerOf(row.epoch),
          position: position === null ? null : entryIdOfSortable(position),
        };
      });
    });
  }

  /** See `GroupStore.deleteConsumer`. */
  deleteConsumer(stream: string, group: string, consumer: string): boolean {
    const { connection } = this.#context;
    return connection.write(`delete consumer "${consumer}" of group "${group}"`, () => {
      const { groupId } = this.#existing(stream, group);
      const row = connection.statement(FIND_CONSUMER).get(groupId, consumer);
      if (row === undefined) return false;
      const pending = integerOf(row.pending);
      if (pending > 0) throw new PendingEntriesError(`consumer "${consumer}"`, pending);
      connection.statement(DELETE_CONSUMER).run(integerOf(row.consumer_id));
      return true;
    });
  }

  /** See `GroupStore.listPending`. */
  listPending(stream: string, group: string, options: PendingOptions): PendingEntry[] {
    const { connection, clock } = this.#context;
    checkCount("count", options.count, PENDING_MAX);
    const { idleMsMin = 0, afterId = ENTRY_ID_ZERO, count, consumer } = options;
    checkWhole("idleMsMin", idleMsMin);
    const after = sortableEntryId(parseEntryId(afterId));
    return connection.read(`list what is pending in group "${group}"`, () => {
      const { groupId } = this.#existing(stream, group);
      const nowMs = clock.nowMs();
      // A clock that was set back must not hide an entry that is asked for without a bound.
      const deliveredBefore = idleMsMin === 0 ? Number.MAX_SAFE_INTEGER : nowMs - idleMsMin;
      const rows = consumer === undefined
        ? connection.statement(LIST_PENDING).all(groupId, after, deliveredBefore, count)
        : connection.statement(LIST_PENDING_OF).all(
          groupId,
          after,
          deliveredBefore,
          count,
          consumer,
        );
      return rows.map((row) => ({
        id: entryIdOfSortable(textOf(row.id)),
        consumer: textOrNullOf(row.name) ?? RELEASED_CONSUMER,
        idleMs: Math.max(0, nowMs - integerOf(row.delivered_at)),
        deliveries: integerOf(row.deliveries),
      }));
    });
  }

  #existing(stream: string, group: string): GroupRow {
    const { connection } = this.#context;
    const streamRow = findStream(connection, stream);
    if (streamRow === null) throw new StreamMissingError(stream);
    const row = findGroupRow(connection, streamRow.streamId, group);
    if (row === null || row.lastDelivered === null) throw new GroupMissingError(stream, group);
    return row;
  }
}

/** The id after which a group reads that begins at `start`. @throws {StartBeyondEndError} When it lies beyond the end. */
export function startId(stream: string, start: StartPosition, lastId: EntryId): EntryId {
  if (start === "beginning") return ENTRY_ID_ZERO;
  if (start === "end") return lastId;
  if ("afterId" in start) {
    const id = parseEntryId(start.afterId);
    if (sortableEntryId(id) > sortableEntryId(lastId)) {
      throw new StartBeyondEndError(stream, id, lastId);
    }
    return id;
  }
  checkWhole("fromTimeMs", start.fromTimeMs);
  const before = previousEntryId(`${BigInt(start.fromTimeMs)}-${0n}`);
  return sortableEntryId(before) > sortableEntryId(lastId) ? lastId : before;
}
