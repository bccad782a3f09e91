/**
 * Reading what the scripts of journals answer.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../../domain/entry_id.ts";
import type { TidemarkError } from "../../domain/errors.ts";
import { type JournalAddress, type JournalSnapshot, journalText } from "../../domain/journal.ts";
import { JournalDamagedError } from "../../domain/journal_errors.ts";
import { EntryIdNotIncreasingError, StreamExhaustedError } from "../../domain/stream_errors.ts";
import { countOf, idOf, listOf, textOf } from "./replies.ts";

/** An answer: what became of the call, and what belongs to it. */
export interface JournalAnswer {
  /** What became of it. */
  readonly word: string;
  /** Where the word has one: a snapshot, or what is wrong. */
  readonly snapshot: unknown;
  /** Ids or entries. */
  readonly list: readonly unknown[];
}

/** Reads `{word, snapshot, list}`, as text or as bytes. */
export function answerOf(reply: unknown): JournalAnswer {
  const [word, snapshot, list = []] = listOf(reply);
  return { word: String(word), snapshot, list: listOf(list) };
}

/** Reads a snapshot. */
export function snapshotOf(journal: JournalAddress, reply: unknown): JournalSnapshot {
  const [incarnation, version, created, added, first, last, trimmed, state, length, expiresIn] =
    listOf(reply);
  const isEmpty = countOf(length) === 0;
  const lastId = idOf(last);
  return {
    journal: { space: journal.space, name: journal.name },
    incarnation: textOf(incarnation),
    state: textOf(state),
    version: countOf(version),
    length: countOf(length),
    firstId: isEmpty ? null : idOf(first),
    lastId,
    // A stream that a foreign hand has emptied says so as well.
    trimmedId: isEmpty ? lastId : idOf(trimmed),
    entriesAdded: countOf(added),
    createdAtMs: countOf(created),
    expiresInMs: countOf(expiresIn) < 0 ? null : countOf(expiresIn),
  };
}

/** The error for a word that says why nothing was done. */
export function refusalOf(
  { word, snapshot: detail }: JournalAnswer,
  call: { readonly journal: JournalAddress; readonly ids: readonly (EntryId | undefined)[] },
): TidemarkError {
  const { journal, ids } = call;
  const text = journalText(journal);
  if (word === "exhausted") return new StreamExhaustedError(text);
  if (word === "notIncreasing") {
    return new EntryIdNotIncreasingError(text, ids[countOf(detail) - 1] ?? ENTRY_ID_ZERO);
  }
  return new JournalDamagedError(journal, textOf(detail));
}
