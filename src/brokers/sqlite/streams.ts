/**
 * Streams as logs, in SQLite.
 *
 * @module
 */

import { type Entry } from "../../domain/entry.ts";
import {
  ENTRY_ID_MAX,
  ENTRY_ID_ZERO,
  type EntryId,
  entryIdOfSortable,
  parseEntryId,
  sortableEntryId,
} from "../../domain/entry_id.ts";
import { checkName } from "../../domain/names.ts";
import type {
  AppendEntry,
  AppendOptions,
  AppendResult,
  RangeOptions,
  StreamInfo,
  TrimBound,
} from "../../ports/stream_store.ts";
import { type AppendContext, appendEntries } from "./append.ts";
import { decodeFields } from "./fields.ts";
import { checkCount, checkWhole } from "./limits.ts";
import { ensureStream, findStream, findStreamRow, type LivingStreamRow } from "./places.ts";
import { deleteSome, trimExactly } from "./retention.ts";
import { integerOf, textOf, textOrNullOf } from "./rows.ts";
import type { Waiters } from "./waiters.ts";

/** How many entries one call appends or deletes at most, as in Redis, where a script takes no more (T22). */
const BATCH_MAX = 1_000;
/** How many entries one call reads at most. */
const RANGE_MAX = 10_000;

/** Enough to estimate by, and read within a millisecond or two. */
const SAMPLE_ENTRIES = 100;
/** What an entry takes beside its fields: its id twice (table and index), numbers, headers. */
const ROW_BYTES = 60;

const RANGE = `SELECT id, fields FROM tidemark_entries
  WHERE stream_id = ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?`;
const RANGE_REVERSE = `SELECT id, fields FROM tidemark_entries
  WHERE stream_id = ? AND id >= ? AND id <= ? ORDER BY id DESC LIMIT ?`;
const LIST = "SELECT name FROM tidemark_streams WHERE incarnation IS NOT NULL ORDER BY name";
const FIRST = "SELECT id FROM tidemark_entries WHERE stream_id = ? ORDER BY id LIMIT 1";
/** The newest entries: a stream that changes its ways will be as they are. */
const SAMPLE_BYTES =
  `SELECT count(*) AS entries, ifnull(sum(octet_length(fields) + ${ROW_BYTES}), 0) AS bytes
  FROM (SELECT fields FROM tidemark_entries WHERE stream_id = ? ORDER BY id DESC LIMIT ?)`;
const GROUP_COUNT = `SELECT count(*) AS groups FROM tidemark_groups
  WHERE stream_id = ? AND last_delivered IS NOT NULL`;
const DELETE_STREAM = [
  "DELETE FROM tidemark_quarantine WHERE stream = (SELECT name FROM tidemark_streams WHERE stream_id = ?)",
  "DELETE FROM tidemark_entries WHERE stream_id = ?",
  "DELETE FROM tidemark_idempotency WHERE stream_id = ?",
  "DELETE FROM tidemark_pending WHERE group_id IN (SELECT group_id FROM tidemark_groups WHERE stream_id = ?)",
  "DELETE FROM tidemark_done WHERE group_id IN (SELECT group_id FROM tidemark_groups WHERE stream_id = ?)",
  "DELETE FROM tidemark_consumers WHERE group_id IN (SELECT group_id FROM tidemark_groups WHERE stream_id = ?)",
  "DELETE FROM tidemark_groups WHERE stream_id = ?",
  "DELETE FROM tidemark_streams WHERE stream_id = ?",
];

/** {@linkcode StreamStore} over one connection. Its methods block, as SQLite does; the broker makes promises of them. */
export class Streams {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;

  constructor(context: AppendContext, waiters: Waiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  /** See `StreamStore.createStream`. */
  create(stream: string): boolean {
    checkName("stream", stream);
    const { connection, random } = this.#context;
    return connection.write(`create stream "${stream}"`, () => {
      if (findStream(connection, stream) !== null) return false;
      ensureStream(connection, stream, () => random.uniqueText());
      return true;
    });
  }

  /** See `StreamStore.deleteStream`. */
  delete(stream: string, { lastId }: { readonly lastId?: EntryId } = {}): boolean {
    const { connection } = this.#context;
    const existed = connection.write(`delete stream "${stream}"`, () => {
      const row = findStreamRow(connection, stream);
      if (row === null) return false;
      const isOther = lastId !== undefined && row.lastId !== sortableEntryId(lastId);
      if (isOther && row.incarnation !== null) return false;
      for (const sql of DELETE_STREAM) connection.statement(sql).run(row.streamId);
      return row.incarnation !== null;
    });
    this.#waiters.wake(stream);
    return existed;
  }

  /** See `StreamStore.listStreams`. */
  list(): string[] {
    const { connection } = this.#context;
    return connection.glance("list streams", () => {
      return connection.statement(LIST).all().map((row) => textOf(row.name));
    });
  }

  /** See `StreamStore.append`. */
  append(
    stream: string,
    entries: readonly AppendEntry[],
    options: AppendOptions,
  ): AppendResult[] {
    checkName("stream", stream);
    checkCount("entries", entries.length, BATCH_MAX);
    for (const { id } of entries) if (id !== undefined) parseEntryId(id);
    if (options.lengthMax !== undefined) checkWhole("lengthMax", options.lengthMax);
    if (options.idempotencyWindowMs !== undefined) {
      checkWhole("idempotencyWindowMs", options.idempotencyWindowMs);
    }
    const results = this.#context.connection.write(
      `append to stream "${stream}"`,
      () => appendEntries(this.#context, stream, { entries, options }),
    );
    this.#waiters.wake(stream);
    return results;
  }

  /** See `StreamStore.range`. */
  range(stream: string, options: RangeOptions): Entry[] {
    checkCount("count", options.count, RANGE_MAX);
    const { connection } = this.#context;
    const from = sortableEntryId(parseEntryId(options.from ?? ENTRY_ID_ZERO));
    const to = sortableEntryId(parseEntryId(options.to ?? ENTRY_ID_MAX));
    return connection.read(`read stream "${stream}"`, () => {
      const row = findStream(connection, stream);
      if (row === null) return [];
      const statement = connection.statement(options.reverse === true ? RANGE_REVERSE : RANGE);
      return statement.all(row.streamId, from, to, options.count).map((entry) => ({
        id: entryIdOfSortable(textOf(entry.id)),
        fields: decodeFields(textOf(entry.fields)),
      }));
    });
  }

  /** See `StreamStore.trim`. */
  trim(stream: string, bound: TrimBound): number {
    if ("beforeId" in bound) parseEntryId(bound.beforeId);
    else checkWhole("lengthMax", bound.lengthMax);
    return this.#remove(stream, (streamId) => {
      return trimExactly(this.#context.connection, streamId, bound);
    });
  }

  /** See `StreamStore.deleteEntries`. */
  deleteEntries(stream: string, ids: readonly EntryId[]): number {
    if (ids.length > 0) checkCount("ids", ids.length, BATCH_MAX);
    const wanted = ids.map(parseEntryId);
    return this.#remove(stream, (streamId) => {
      return deleteSome(this.#context.connection, streamId, wanted);
    });
  }

  /** See `StreamStore.streamInfo`. */
  info(stream: string): StreamInfo | null {
    const { connection } = this.#context;
    return connection.read(`look at stream "${stream}"`, () => {
      const row = findStream(connection, stream);
      return row === null ? null : this.infoOf(stream, row);
    });
  }

  /** See `StreamStore.streamBytes`. */
  bytes(stream: string): number | null {
    const { connection } = this.#context;
    return connection.read(`measure stream "${stream}"`, () => {
      const row = findStream(connection, stream);
      if (row === null) return null;
      const sample = connection.statement(SAMPLE_BYTES).get(row.streamId, SAMPLE_ENTRIES);
      const count = integerOf(sample?.entries);
      return count === 0 ? 0 : Math.round(integerOf(sample?.bytes) / count * row.length);
    });
  }

  /** What is known of a stream that exists. To be called inside a transaction. */
  infoOf(stream: string, row: LivingStreamRow): StreamInfo {
    const { connection } = this.#context;
    const firstId = textOrNullOf(connection.statement(FIRST).get(row.streamId)?.id);
    return {
      stream,
      length: row.length,
      firstId: firstId === null ? null : entryIdOfSortable(firstId),
      lastId: entryIdOfSortable(row.lastId),
      entriesAdded: row.entriesAdded,
      groupCount: integerOf(connection.statement(GROUP_COUNT).get(row.streamId)?.groups),
      incarnation: row.incarnation,
    };
  }

  #remove(stream: string, work: (streamId: number) => number): number {
    const { connection } = this.#context;
    return connection.write(`remove entries of stream "${stream}"`, () => {
      const row = findStream(connection, stream);
      return row === null ? 0 : work(row.streamId);
    });
  }
}
