/**
 * How journals leave the tables. One that is deleted or has expired is gone at once; its rows follow in pieces, so that no
 * call holds the file for long, whatever its length.
 *
 * @module
 */

import type { JournalCondition } from "../../ports/journal_store.ts";
import type { Connection } from "./connection.ts";
import { nextChange } from "./journals_rows.ts";
import { integerOf, textOf } from "./rows.ts";

/** Entries of one piece where nothing is said: some milliseconds. */
const PIECE = 500;

/** Expired journals that one call looks for: more than come with it, so that they grow fewer. */
const EXPIRED_MAX = 10;

const BURY_EXPIRED = `UPDATE tidemark_journals SET is_gone = 1 WHERE journal_id IN
  (SELECT journal_id FROM tidemark_journals WHERE is_gone = 0 AND expires_at IS NOT NULL AND expires_at < ?
    ORDER BY expires_at LIMIT ${EXPIRED_MAX})`;
const BURY_NAMESAKE = `UPDATE tidemark_journals SET is_gone = 1
  WHERE is_gone = 0 AND space = ? AND name = ? AND expires_at < ?`;
const FIND_ID = `SELECT journal_id, version, incarnation FROM tidemark_journals
  WHERE is_gone = 0 AND space = ? AND name = ? AND (expires_at IS NULL OR expires_at >= ?)`;
const BURY = "UPDATE tidemark_journals SET is_gone = 1, change = ? WHERE journal_id = ?";
const FIRST_GONE =
  "SELECT journal_id FROM tidemark_journals WHERE is_gone = 1 ORDER BY journal_id LIMIT 1";
const DELETE_ENTRIES = `DELETE FROM tidemark_journal_entries WHERE journal_id = ? AND id IN
  (SELECT id FROM tidemark_journal_entries WHERE journal_id = ? ORDER BY id LIMIT ?)`;
const DELETE_REST = [
  "DELETE FROM tidemark_journal_states WHERE journal_id = ?",
  "DELETE FROM tidemark_journal_tokens WHERE journal_id = ?",
  "DELETE FROM tidemark_journals WHERE journal_id = ?",
];
/** Whoever watches can no longer see in the rows what went: it then looks at all that it watches. */
const NOTE_REMOVAL =
  "UPDATE tidemark_journal_count SET changes = changes + 1, removed = changes + 1";

/** Takes an expired journal's name from it, so that another one can have it. To be called inside a transaction. */
export function freeName(
  connection: Connection,
  place: { readonly space: string; readonly name: string; readonly nowMs: number },
): void {
  connection.statement(BURY_NAMESAKE).run(place.space, place.name, place.nowMs);
}

/**
 * Makes a journal be gone, also a damaged one. To be called inside a transaction.
 *
 * @returns `"changed"` when it is not the wanted version or life.
 */
export function buryJournal(
  connection: Connection,
  place: { readonly space: string; readonly name: string; readonly nowMs: number },
  { ifVersion, ifIncarnation }: JournalCondition,
): "gone" | "missing" | "changed" {
  const row = connection.statement(FIND_ID).get(place.space, place.name, place.nowMs);
  if (row === undefined) return "missing";
  if (ifVersion !== undefined && integerOf(row.version) !== ifVersion) return "changed";
  if (ifIncarnation !== undefined && textOf(row.incarnation) !== ifIncarnation) return "changed";
  connection.statement(BURY).run(nextChange(connection), integerOf(row.journal_id));
  return "gone";
}

/**
 * Removes one piece of what is gone. To be called inside a transaction.
 *
 * @param piece How many entries at most. Whoever appends removes more than that, so that what is gone grows fewer.
 * @returns `false` when nothing is left.
 */
export function removeSome(connection: Connection, nowMs: number, piece = PIECE): boolean {
  connection.statement(BURY_EXPIRED).run(nowMs);
  const gone = connection.statement(FIRST_GONE).get();
  if (gone === undefined) return false;
  const journalId = integerOf(gone.journal_id);
  const { changes } = connection.statement(DELETE_ENTRIES).run(journalId, journalId, piece);
  if (Number(changes) < piece) {
    for (const sql of DELETE_REST) connection.statement(sql).run(journalId);
    connection.statement(NOTE_REMOVAL).run();
  }
  return true;
}
