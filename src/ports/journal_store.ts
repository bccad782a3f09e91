/**
 * The port for journals: append-only lists of entries without groups, with a small JSON document beside each, its state.
 * State and entries change together or not at all. A call is one round trip; reading entries that are not UTF-8 is two, and
 * listing past many that have expired may be more.
 *
 * **After an `UnknownOutcomeError`** a caller finds out whether its change landed by making the same call again with the
 * same `token`: where it had landed, the answer says `already` and nothing changes. Without a token: a change with
 * `ifVersion` has landed if `loadJournal` shows what it wrote; entries with explicit ids have landed if `lastId` has
 * reached them; `deleteJournal` can be repeated.
 *
 * Every method may throw what `StreamStore` methods may, `InvalidNameError` and `InvalidOptionError` for what cannot be,
 * and `JournalDamagedError` where somebody else has written to the journal.
 *
 * @module
 */

import type { Entry, EntryFields } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { JournalAddress, JournalSnapshot } from "../domain/journal.ts";
import type { JournalWatch, JournalWatchOptions } from "./journal_watch.ts";

/** An entry to append. */
export interface JournalEntry {
  /** Names and values in turn; at least one pair, at most {@linkcode JOURNAL_ENTRY_BYTES_MAX} bytes in all. */
  readonly fields: EntryFields;
  /** An explicit id, above the last one; without it the broker assigns `now-seq`. */
  readonly id?: EntryId;
}

/** What creating and changing a journal have in common. */
export interface JournalWrite {
  /** Entries to append, in order; at most 1,000, at most {@linkcode JOURNAL_CHANGE_BYTES_MAX} bytes in all. */
  readonly entries?: readonly JournalEntry[];
  /** Trims the oldest entries away, exactly, so that no more than so many stay; from 0. Not remembered. */
  readonly lengthMax?: number;
  /**
   * The journal vanishes so long after this call, in ms, 1 to 100 years; `null`: never. Neither this nor `expireAtMs`: it
   * stays as it was, which is never for a new one.
   */
  readonly expireMs?: number | null;
  /** The journal vanishes at this time, in ms since 1970 by the broker's clock; at once when that is past. */
  readonly expireAtMs?: number;
  /**
   * The mark of this one call, 1 to 128 bytes, unlike that of any other: made again with the same mark, the call changes
   * nothing and tells what the first one did. The last {@linkcode JOURNAL_TOKENS_MAX} marks of a journal are remembered,
   * for ten minutes.
   */
  readonly token?: string;
}

/** A new journal. */
export interface NewJournal extends JournalWrite {
  /** JSON of at most {@linkcode JOURNAL_STATE_BYTES_MAX} bytes. */
  readonly state: string;
}

/** As what a journal must be found for a call to do anything. */
export interface JournalCondition {
  /** Nothing is done unless the state is at this version. */
  readonly ifVersion?: number;
  /** Nothing is done unless this is the journal's life. */
  readonly ifIncarnation?: string;
}

/** A change of a journal. */
export interface JournalChange extends JournalWrite, JournalCondition {
  /** The new state, JSON of at most {@linkcode JOURNAL_STATE_BYTES_MAX} bytes. Raises `version`. */
  readonly state?: string;
}

/** What became of {@linkcode JournalStore.createJournal}. */
export interface JournalCreated {
  /** `false`: there was one, and nothing has changed. */
  readonly created: boolean;
  /** The journal as it is now. */
  readonly snapshot: JournalSnapshot;
  /** The ids of the appended entries, in order; empty unless it was created. */
  readonly ids: readonly EntryId[];
}

/** What became of {@linkcode JournalStore.changeJournal}. */
export interface JournalChanged {
  /** `true`: a call with this token had landed before, and nothing has changed now. */
  readonly already: boolean;
  /** The journal as it is now. */
  readonly snapshot: JournalSnapshot;
  /** The ids of the entries that the call appended, in order; also when it did so before. */
  readonly ids: readonly EntryId[];
}

/** Which entries to read. Not both of `afterId` and `from`. */
export interface JournalRange {
  /** Only entries above this id. */
  readonly afterId?: EntryId;
  /** First id, inclusive; default the beginning. */
  readonly from?: EntryId;
  /** Last id, inclusive; default the end. */
  readonly to?: EntryId;
  /** At most so many; 1 to 10,000. */
  readonly count: number;
  /** At most so many bytes of names and values, but one entry at least; default 4 MiB, at most 64 MiB. */
  readonly bytesMax?: number;
  /**
   * Renews a sliding expiry: the journal then vanishes so long after this call, in ms, 1 to 100 years. Who watches is not
   * told of that: he looks again when the expiry that he knew of is over.
   */
  readonly touchMs?: number;
}

/** Entries of a journal and the journal, at one moment. */
export interface JournalPage {
  /** Ascending. Fewer than there are, where count or bytes end it. */
  readonly entries: readonly Entry[];
  /** The journal when they were read. */
  readonly snapshot: JournalSnapshot;
}

/** Which journals to list. */
export interface JournalListOptions {
  /** Only those behind this cursor of an earlier page with the same order. */
  readonly after?: string;
  /** At most so many; 1 to 1,000. */
  readonly limit: number;
  /** The newest first; default the oldest. */
  readonly newestFirst?: boolean;
}

/** Some of a space's journals, in order of creation; those of one millisecond in order of their names' bytes. */
export interface JournalList {
  /** Fewer than the limit where their states are large, and at the end. */
  readonly journals: readonly JournalSnapshot[];
  /** The cursor of the next page, `null` at the end. Stays good while journals come and go. */
  readonly next: string | null;
}

/** Journals. */
export interface JournalStore {
  /**
   * Makes a journal.
   *
   * @returns `created: false` with the present snapshot when it exists.
   * @throws {EntryIdNotIncreasingError} When an explicit id is not above the one before it.
   */
  createJournal(journal: JournalAddress, options: NewJournal): Promise<JournalCreated>;

  /**
   * Changes a journal: state, entries, length and expiry, all of it or nothing. Not idempotent, but with a token.
   *
   * @throws {JournalMissingError} When there is none.
   * @throws {JournalChangedError} When it is not the wanted version or life; it carries the present snapshot.
   * @throws {EntryIdNotIncreasingError} When an explicit id is not above the last one.
   * @throws {StreamExhaustedError} When the journal holds the largest possible id (T17).
   */
  changeJournal(journal: JournalAddress, change: JournalChange): Promise<JournalChanged>;

  /** Tells what is known of a journal, `null` when there is none. Does not renew its expiry. */
  loadJournal(journal: JournalAddress): Promise<JournalSnapshot | null>;

  /** Reads entries and the snapshot at one moment, `null` when there is no such journal. */
  readJournal(journal: JournalAddress, range: JournalRange): Promise<JournalPage | null>;

  /**
   * Lists a space's journals by the time of their creation. Those that are damaged are left out.
   *
   * @param space As in {@linkcode JournalAddress}.
   */
  listJournals(space: string, options: JournalListOptions): Promise<JournalList>;

  /**
   * Deletes a journal.
   *
   * @param condition As what; default as it is.
   * @returns `false` when there is none. Idempotent.
   * @throws {JournalChangedError} When it is not the wanted version or life. A damaged one is deleted all the same.
   */
  deleteJournal(journal: JournalAddress, condition?: JournalCondition): Promise<boolean>;

  /**
   * Begins to watch journals for what is new in them. Nothing is watched until it is added. Close it, or the broker.
   *
   * @returns At once; a broker that cannot be reached is told as trouble.
   */
  watchJournals(options: JournalWatchOptions): JournalWatch;
}

/** The longest state, in bytes: it travels with every snapshot. */
export const JOURNAL_STATE_BYTES_MAX = 65_536;

/** The largest entry, in bytes of its names and values: an event of the largest payload, its headers, and room. */
export const JOURNAL_ENTRY_BYTES_MAX = 2_097_152;

/** All entries of one call, in bytes: what a server takes in some tens of milliseconds. */
export const JOURNAL_CHANGE_BYTES_MAX = 16_777_216;

/** How many tokens of a journal are remembered: the changes of all its writers while one of them waits out a failure. */
export const JOURNAL_TOKENS_MAX = 256;
