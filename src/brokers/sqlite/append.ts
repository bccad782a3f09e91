/**
 * Appends entries. Ids are assigned as Redis does (XADD): `now-0`, or the id after the last one when the clock stands
 * or is behind, so that ids never run backwards (T17).
 *
 * @module
 */

import {
  ENTRY_ID_MAX,
  type EntryId,
  entryIdOfSortable,
  nextEntryId,
  sortableEntryId,
} from "../../domain/entry_id.ts";
import type { EntryFields } from "../../domain/entry.ts";
import { EntryIdNotIncreasingError, StreamExhaustedError } from "../../domain/stream_errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import type { AppendEntry, AppendOptions, AppendResult } from "../../ports/stream_store.ts";
import type { Connection } from "./connection.ts";
import { encodeFields } from "./fields.ts";
import { ensureStream, type LivingStreamRow } from "./places.ts";
import { trimFinished } from "./retention.ts";
import { textOf } from "./rows.ts";

/** A day: how long idempotency keys are remembered unless told otherwise. */
const IDEMPOTENCY_WINDOW_MS = 86_400_000;

/** How many expired keys one new key clears away: two, so that the table shrinks while it is used. */
const EXPIRED_KEYS_CLEARED = 2;

const ADD_ENTRY =
  "INSERT INTO tidemark_entries (stream_id, id, ordinal, key, fields) VALUES (?, ?, ?, ?, ?)";
const SAVE_STREAM =
  "UPDATE tidemark_streams SET last_id = ?, entries_added = ?, length = ? WHERE stream_id = ?";
const FIND_KEY =
  "SELECT id FROM tidemark_idempotency WHERE stream_id = ? AND key = ? AND expires_at > ?";
const SAVE_KEY =
  "INSERT OR REPLACE INTO tidemark_idempotency (stream_id, key, id, expires_at) VALUES (?, ?, ?, ?)";
const CLEAR_KEYS = `DELETE FROM tidemark_idempotency WHERE (stream_id, key) IN
  (SELECT stream_id, key FROM tidemark_idempotency WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`;

/** What an appender needs. */
export interface AppendContext {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly random: Random;
}

/** The end of one stream, held open while entries are appended inside one transaction. */
export class StreamEnd {
  readonly #context: AppendContext;
  readonly #stream: string;
  readonly #row: LivingStreamRow;
  #lastId: EntryId;
  #added = 0;

  /** Opens the end of a stream, making the stream when it is missing. */
  constructor(context: AppendContext, stream: string) {
    this.#context = context;
    this.#stream = stream;
    this.#row = ensureStream(context.connection, stream, () => context.random.uniqueText());
    this.#lastId = entryIdOfSortable(this.#row.lastId);
  }

  /** The stream's number. */
  get streamId(): number {
    return this.#row.streamId;
  }

  /**
   * Appends one entry.
   *
   * @param id An explicit id; without it one is assigned.
   * @throws {EntryIdNotIncreasingError} When the id is not above the last one.
   * @throws {StreamExhaustedError} When no id is left.
   */
  push(fields: EntryFields, id?: EntryId): EntryId {
    const stored = encodeFields(fields);
    const newId = this.#nextId(id);
    const sortable = sortableEntryId(newId);
    this.#added++;
    this.#context.connection.statement(ADD_ENTRY).run(
      this.#row.streamId,
      sortable,
      this.#row.entriesAdded + this.#added,
      stored.key,
      stored.text,
    );
    this.#lastId = newId;
    return newId;
  }

  /** Notes the stream's new end. To be called once, after the last `push`. */
  save(): void {
    if (this.#added === 0) return;
    this.#context.connection.statement(SAVE_STREAM).run(
      sortableEntryId(this.#lastId),
      this.#row.entriesAdded + this.#added,
      this.#row.length + this.#added,
      this.#row.streamId,
    );
  }

  #nextId(explicit: EntryId | undefined): EntryId {
    if (this.#lastId === ENTRY_ID_MAX) throw new StreamExhaustedError(this.#stream);
    if (explicit !== undefined) {
      if (sortableEntryId(explicit) <= sortableEntryId(this.#lastId)) {
        throw new EntryIdNotIncreasingError(this.#stream, explicit);
      }
      return explicit;
    }
    const ofNow: EntryId = `${BigInt(Math.max(0, Math.floor(this.#context.clock.nowMs())))}-${0n}`;
    if (sortableEntryId(ofNow) > sortableEntryId(this.#lastId)) return ofNow;
    const next = nextEntryId(this.#lastId);
    if (next === null) throw new StreamExhaustedError(this.#stream);
    return next;
  }
}

/** Appends entries to one stream, all or none. To be called inside a transaction. */
export function appendEntries(
  context: AppendContext,
  stream: string,
  call: { readonly entries: readonly AppendEntry[]; readonly options: AppendOptions },
): AppendResult[] {
  const end = new StreamEnd(context, stream);
  const { idempotencyWindowMs = IDEMPOTENCY_WINDOW_MS, lengthMax } = call.options;
  const results = call.entries.map((entry) => {
    if (entry.idempotencyKey === undefined) {
      return { id: end.push(entry.fields, entry.id), duplicate: false };
    }
    return appendOnce(context, end, { entry, key: entry.idempotencyKey, idempotencyWindowMs });
  });
  end.save();
  if (lengthMax !== undefined) trimFinished(context.connection, end.streamId, lengthMax);
  return results;
}

function appendOnce(
  { connection, clock }: AppendContext,
  end: StreamEnd,
  call: { readonly entry: AppendEntry; readonly key: string; readonly idempotencyWindowMs: number },
): AppendResult {
  const nowMs = clock.nowMs();
  const known = connection.statement(FIND_KEY).get(end.streamId, call.key, nowMs);
  if (known !== undefined) return { id: entryIdOfSortable(textOf(known.id)), duplicate: true };
  const id = end.push(call.entry.fields, call.entry.id);
  connection.statement(CLEAR_KEYS).run(nowMs, EXPIRED_KEYS_CLEARED);
  connection.statement(SAVE_KEY).run(
    end.streamId,
    call.key,
    sortableEntryId(id),
    nowMs + call.idempotencyWindowMs,
  );
  return { id, duplicate: false };
}
