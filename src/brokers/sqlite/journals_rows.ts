/**
 * The rows of journals: finding one, its snapshot, and what marks it as changed.
 *
 * @module
 */

import { type EntryId, entryIdOfSortable } from "../../domain/entry_id.ts";
import type { JournalAddress, JournalSnapshot } from "../../domain/journal.ts";
import { JournalDamagedError } from "../../domain/journal_errors.ts";
import type { Connection } from "./connection.ts";
import { integerOf, type Row, textOf, textOrNullOf } from "./rows.ts";

const COLUMNS = `j.journal_id, j.space, j.name, j.incarnation, j.version, j.last_id, j.trimmed_id,
  j.entries_added, j.length, j.created_at, j.expires_at, s.state,
  (SELECT e.id FROM tidemark_journal_entries AS e WHERE e.journal_id = j.journal_id ORDER BY e.id LIMIT 1) AS first_id
  FROM tidemark_journals AS j LEFT JOIN tidemark_journal_states AS s ON s.journal_id = j.journal_id`;

/** One that is past its time is gone, also if nobody has removed it yet. */
const LIVING = "j.is_gone = 0 AND (j.expires_at IS NULL OR j.expires_at >= ?)";

const FIND = `SELECT ${COLUMNS} WHERE j.space = ? AND j.name = ? AND ${LIVING}`;
const GET = `SELECT ${COLUMNS} WHERE j.journal_id = ?`;
const LIST = `SELECT ${COLUMNS} WHERE j.space = ? AND (j.created_at, j.name) > (?, ?) AND ${LIVING}
  ORDER BY j.created_at, j.name LIMIT ?`;
const LIST_NEWEST =
  `SELECT ${COLUMNS} WHERE j.space = ? AND (j.created_at, j.name) < (?, ?) AND ${LIVING}
  ORDER BY j.created_at DESC, j.name DESC LIMIT ?`;
const COUNT_CHANGE = "UPDATE tidemark_journal_count SET changes = changes + 1 RETURNING changes";

/** A journal that exists. */
export interface JournalRow {
  /** Its number in the tables. */
  readonly journalId: number;
  /** The journal. */
  readonly snapshot: JournalSnapshot;
  /** Its last id, in its sortable spelling. */
  readonly lastSortable: string;
  /** When it vanishes, in ms since 1970; `null`: never. */
  readonly expiresAtMs: number | null;
}

/** A journal by its address, `null` when there is none. */
export function findJournal(
  connection: Connection,
  { space, name }: JournalAddress,
  nowMs: number,
): JournalRow | null {
  const row = connection.statement(FIND).get(space, name, nowMs);
  return row === undefined ? null : journalOf(row, nowMs);
}

/** A journal by its number, also when it has just expired. */
export function getJournal(
  connection: Connection,
  journalId: number,
  nowMs: number,
): JournalSnapshot {
  return journalOf(connection.statement(GET).get(journalId) ?? {}, nowMs).snapshot;
}

/** Where in the list, and how far. */
export interface ListPlace {
  /** The journal before the first one, by creation and name. */
  readonly behind: { readonly createdAtMs: number; readonly name: string };
  /** Which way. */
  readonly newestFirst: boolean;
  /** How many at most. */
  readonly limit: number;
}

/** The journals of a space, in order of creation; one by one, so that whoever has enough can stop. */
export function* eachJournal(
  connection: Connection,
  place: ListPlace & { readonly space: string; readonly nowMs: number },
): Generator<JournalRow> {
  const { space, behind, newestFirst, limit, nowMs } = place;
  const statement = connection.statement(newestFirst ? LIST_NEWEST : LIST);
  const rows = statement.iterate(space, behind.createdAtMs, behind.name, nowMs, limit);
  for (const row of rows) {
    try {
      yield journalOf(row, nowMs);
    } catch (error) {
      if (!(error instanceof JournalDamagedError)) throw error;
    }
  }
}

/** Counts a change of any journal. To be called inside a transaction. @returns Its number. */
export function nextChange(connection: Connection): number {
  return integerOf(connection.statement(COUNT_CHANGE).get()?.changes);
}

function journalOf(row: Row, nowMs: number): JournalRow {
  const journal = { space: textOf(row.space), name: textOf(row.name) };
  if (typeof row.state !== "string") throw new JournalDamagedError(journal, "state");
  const expiresAtMs = row.expires_at === null ? null : integerOf(row.expires_at);
  const lastSortable = textOf(row.last_id);
  const lastId = storedId(journal, "last", lastSortable);
  const firstId = textOrNullOf(row.first_id);
  const length = integerOf(row.length);
  return {
    journalId: integerOf(row.journal_id),
    lastSortable,
    expiresAtMs,
    snapshot: {
      journal,
      incarnation: textOf(row.incarnation),
      state: row.state,
      version: integerOf(row.version),
      length,
      firstId: firstId === null ? null : storedId(journal, "entries", firstId),
      lastId,
      trimmedId: length === 0 ? lastId : storedId(journal, "trimmed", textOf(row.trimmed_id)),
      entriesAdded: integerOf(row.entries_added),
      createdAtMs: integerOf(row.created_at),
      expiresInMs: expiresAtMs === null ? null : Math.max(0, expiresAtMs - nowMs),
    },
  };
}

/**
 * A stored id of a journal in its ordinary spelling.
 *
 * @param part What of the journal holds it, for the error.
 * @throws {JournalDamagedError} When it is none.
 */
export function storedId(journal: JournalAddress, part: string, sortable: string): EntryId {
  try {
    return entryIdOfSortable(sortable);
  } catch {
    throw new JournalDamagedError(journal, part);
  }
}
