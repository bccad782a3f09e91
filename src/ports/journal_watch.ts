/**
 * Watching many journals at once: one object per process, with at most one connection of its own however many journals
 * it watches. For each journal it tells every entry above a position, in order, without gap and without double, and
 * every change of its state, until the journal is gone.
 *
 * The position is all that it goes by: whatever breaks, it reads on behind the last entry that it has told. What happens
 * to a journal in quick succession may be told at once: all entries, and the latest state.
 *
 * @module
 */

import type { Entry } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { JournalAddress, JournalSnapshot } from "../domain/journal.ts";

/** Entries that were trimmed before they could be told. */
export interface JournalGap {
  /** The last position before them. */
  readonly afterId: EntryId;
  /** The highest id among them. */
  readonly untilId: EntryId;
  /** How many they are, `null` where that cannot be known: watching began in the middle of the journal. */
  readonly count: number | null;
}

/** What is new in one journal. */
export interface JournalNews {
  /** Which journal. */
  readonly journal: JournalAddress;
  /** What is missing before the entries, `null` for nothing. */
  readonly gap: JournalGap | null;
  /** New entries, ascending; empty when only the state has changed. */
  readonly entries: readonly Entry[];
  /**
   * The journal at the moment when they were read. `null`: it is gone, because it was deleted, has expired, or was made
   * anew; it is no longer watched then.
   */
  readonly snapshot: JournalSnapshot | null;
}

/** Whom to tell, and how much at once. */
export interface JournalWatchOptions {
  /**
   * Called with what is new in one journal at a time. A promise is waited for before more is read, which is how a slow
   * reader holds back the watch. The first news of an added journal come soon, also if nothing is new in it. Where this
   * throws, that is told as trouble with the journal, and the journal is no longer watched.
   */
  readonly onNews: (news: JournalNews) => void | Promise<void>;
  /**
   * Called with what went wrong; what it throws is dropped. Without `journal`: the broker cannot be read for now; the watch goes on
   * by itself, tells each further failure, and misses nothing. With `journal`: this one cannot be read or was not taken,
   * and is no longer watched.
   */
  readonly onTrouble: (error: Error, journal: JournalAddress | null) => void;
  /**
   * How many bytes of entries one round reads, of all journals together; default 1 MiB, 1 KiB to 64 MiB. A round may go
   * above it by one entry for each journal that has something new.
   */
  readonly bytesMax?: number;
}

/** Journals that are watched. */
export interface JournalWatch extends AsyncDisposable {
  /** How many. */
  readonly size: number;

  /**
   * Watches one more, or an already watched one from another position.
   *
   * @param afterId Tells what lies above this id; `0-0` for everything.
   * @throws {InvalidNameError} or {InvalidEntryIdError} When one of them cannot be.
   * @throws {ClosedError} When the watch is closed.
   */
  add(journal: JournalAddress, afterId: EntryId): void;

  /** Ends one; nothing of it is told any more. @returns `false` when it is not watched. */
  remove(journal: JournalAddress): boolean;

  /** Ends all of it. Nothing is told after this was called. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}
