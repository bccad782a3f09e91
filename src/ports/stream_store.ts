/**
 * The port for streams as logs: append, read a range, trim. Every call is one round trip and settles within the
 * broker's call timeout.
 *
 * Every method may throw `BrokerUnavailableError` (nothing was applied), `UnknownOutcomeError` (the connection broke
 * after sending), `AccessDeniedError` and `WrongTypeError`. Further errors are named at the method.
 *
 * @module
 */

import type { Entry, EntryFields } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";

/** An entry to append. */
export interface AppendEntry {
  /** Names and values in turn; at least one pair. */
  readonly fields: EntryFields;
  /** An explicit id, above the last one; without it the broker assigns `now-seq`. */
  readonly id?: EntryId;
  /** Appends with the same key within the window append once; the later ones are answered with the first id. */
  readonly idempotencyKey?: string;
}

/** How to append. */
export interface AppendOptions {
  /** How long idempotency keys are remembered, in ms; default 86,400,000 (a day). */
  readonly idempotencyWindowMs?: number;
  /**
   * Wanted length of the stream. Older entries are trimmed, roughly (by whole nodes of about 100 entries), but never an
   * entry that a group has not finished. Idempotent calls trim no more often than others.
   */
  readonly lengthMax?: number;
}

/** What became of one {@linkcode AppendEntry}. */
export interface AppendResult {
  /** Its id. */
  readonly id: EntryId;
  /** `true` when its idempotency key was known: nothing was appended, `id` is that of the first append. */
  readonly duplicate: boolean;
}

/** Which entries to read. */
export interface RangeOptions {
  /** First id, inclusive; default the beginning. */
  readonly from?: EntryId;
  /** Last id, inclusive; default the end. */
  readonly to?: EntryId;
  /** At most so many; 1 to 10,000. */
  readonly count: number;
  /** From the end backwards. */
  readonly reverse?: boolean;
}

/** Where to cut: keep the newest `lengthMax` entries, or every entry from `beforeId` on. */
export type TrimBound = { readonly lengthMax: number } | { readonly beforeId: EntryId };

/** What is known of a stream. */
export interface StreamInfo {
  /** Its name. */
  readonly stream: string;
  /** How many entries it holds. */
  readonly length: number;
  /** Its first id, `null` when it is empty. */
  readonly firstId: EntryId | null;
  /** The highest id ever appended, `0-0` for none. */
  readonly lastId: EntryId;
  /** How many entries were ever appended. Never falls within one incarnation. */
  readonly entriesAdded: number;
  /** How many groups it has. */
  readonly groupCount: number;
  /** The mark of its present life; a new one after it was deleted and made again. */
  readonly incarnation: string;
}

/** Streams as logs. */
export interface StreamStore {
  /**
   * Makes an empty stream.
   *
   * @returns `false` when it exists. Idempotent.
   */
  createStream(stream: string): Promise<boolean>;

  /**
   * Deletes a stream with its groups and checkpoints. Its idempotency keys no longer count.
   *
   * @param options `lastId`: only while this is the highest id ever appended. Default: whatever was appended.
   * @returns `false` when there is none, or another id was appended. Idempotent.
   */
  deleteStream(stream: string, options?: { readonly lastId?: EntryId }): Promise<boolean>;

  /** The names of all streams, in text order; without those of other programs' key types. For people, not hot paths. */
  listStreams(): Promise<string[]>;

  /**
   * Appends entries, all or none, creating the stream when it is missing. Not idempotent, but for entries with a key.
   *
   * @param entries 1 to 1,000.
   * @returns One result per entry, in order.
   * @throws {EntryIdNotIncreasingError} When an explicit id is not above the last one.
   * @throws {StreamExhaustedError} When the stream holds the largest possible id (T17).
   */
  append(
    stream: string,
    entries: readonly AppendEntry[],
    options?: AppendOptions,
  ): Promise<AppendResult[]>;

  /** Reads entries without a group. An absent stream reads as empty. */
  range(stream: string, options: RangeOptions): Promise<Entry[]>;

  /**
   * Removes old entries, exactly. Does not look at groups: callers ask `listGroups` first.
   *
   * @returns How many were removed.
   */
  trim(stream: string, bound: TrimBound): Promise<number>;

  /**
   * Removes single entries.
   *
   * @param ids At most 1,000.
   * @returns How many were there.
   */
  deleteEntries(stream: string, ids: readonly EntryId[]): Promise<number>;

  /**
   * Tells what is known of a stream.
   *
   * @returns `null` when the stream does not exist.
   */
  streamInfo(stream: string): Promise<StreamInfo | null>;

  /**
   * Estimates how many bytes a stream takes where it is kept, from a sample of its entries. For people.
   *
   * @returns `null` when the stream does not exist, or this user may not ask.
   */
  streamBytes(stream: string): Promise<number | null>;
}
