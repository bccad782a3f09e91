/**
 * Journals: append-only lists of entries without groups, each with a small JSON document beside it, its state. A run's
 * events and their run are one; a durable stream and its settings are one.
 *
 * @module
 */

import type { EntryId } from "./entry_id.ts";

/** Which journal. Two journals are the same when both parts are. */
export interface JournalAddress {
  /** What it is one of, such as `runs`: chosen by the program, a small letter, then at most 31 of `a-z0-9_-`. */
  readonly space: string;
  /** Its name in the space: 1 to 256 bytes, no control characters, no space at either end. */
  readonly name: string;
}

/** A journal at one moment, without its entries. */
export interface JournalSnapshot {
  /** Which journal. */
  readonly journal: JournalAddress;
  /** The mark of its present life; a new one after it was deleted, or has expired, and was made again. */
  readonly incarnation: string;
  /** Its state as it was last written, JSON of at most 65,536 bytes. */
  readonly state: string;
  /** How often the state was written in this life; from 1. Appending alone does not raise it. */
  readonly version: number;
  /** How many entries it holds. */
  readonly length: number;
  /** The id of the oldest entry that it holds, `null` for none. */
  readonly firstId: EntryId | null;
  /** The highest id ever appended, `0-0` for none. */
  readonly lastId: EntryId;
  /**
   * The highest id ever trimmed, `0-0` for none: who has seen everything up to an id below it has missed something, who
   * has seen everything up to it or further has not.
   */
  readonly trimmedId: EntryId;
  /** How many entries were ever appended; `entriesAdded - length` of them were trimmed. */
  readonly entriesAdded: number;
  /** When it was made, in ms since 1970 by the broker's clock. */
  readonly createdAtMs: number;
  /** How long until it vanishes by itself, in ms by the broker's clock; `null`: it stays. */
  readonly expiresInMs: number | null;
}

/** A journal's address for people, such as `runs/7`. */
export function journalText({ space, name }: JournalAddress): string {
  return `${space}/${name}`;
}
