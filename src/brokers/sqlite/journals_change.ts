/**
 * Making and changing a journal in SQLite. To be called inside a transaction, which is what makes it all or nothing.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId, isEntryId, sortableEntryId } from "../../domain/entry_id.ts";
import { type JournalAddress, journalText } from "../../domain/journal.ts";
import { JournalDamagedError } from "../../domain/journal_errors.ts";
import {
  JOURNAL_TOKENS_MAX,
  type JournalChange,
  type JournalWrite,
} from "../../ports/journal_store.ts";
import type { AppendContext } from "./append.ts";
import type { Connection } from "./connection.ts";
import { encodeFields } from "./fields.ts";
import { assignIds } from "./journals_ids.ts";
import { type JournalRow, nextChange } from "./journals_rows.ts";
import { integerOf, textOf } from "./rows.ts";

/** Ten minutes: longer than anybody retries one call. */
const TOKEN_MS = 600_000;

/** Expired tokens that one new token clears away: two, so that the table shrinks while it is used. */
const EXPIRED_TOKENS_CLEARED = 2;

const MAKE = `INSERT INTO tidemark_journals (space, name, incarnation, version, last_id, trimmed_id,
  entries_added, length, created_at, expires_at, change, is_gone) VALUES (?, ?, ?, 0, ?, ?, 0, 0, ?, NULL, ?, 0)`;
const SAVE_STATE =
  "INSERT OR REPLACE INTO tidemark_journal_states (journal_id, state) VALUES (?, ?)";
const COUNT_STATE = "UPDATE tidemark_journals SET version = version + 1 WHERE journal_id = ?";
const ADD_ENTRY = "INSERT INTO tidemark_journal_entries (journal_id, id, fields) VALUES (?, ?, ?)";
const SAVE_END = `UPDATE tidemark_journals SET last_id = ?, entries_added = entries_added + ?,
  length = length + ?, change = ? WHERE journal_id = ?`;
const LENGTH = "SELECT length FROM tidemark_journals WHERE journal_id = ?";
const NTH_ID = `SELECT id FROM tidemark_journal_entries WHERE journal_id = ?
  ORDER BY id LIMIT 1 OFFSET ?`;
const TRIM = "DELETE FROM tidemark_journal_entries WHERE journal_id = ? AND id <= ?";
const SAVE_TRIM =
  "UPDATE tidemark_journals SET trimmed_id = ?, length = length - ? WHERE journal_id = ?";
const SAVE_EXPIRY = "UPDATE tidemark_journals SET expires_at = ? WHERE journal_id = ?";
const FIND_TOKEN = `SELECT ids FROM tidemark_journal_tokens
  WHERE journal_id = ? AND token = ? AND expires_at >= ?`;
const LAST_NUMBER =
  `SELECT max(number) AS number FROM tidemark_journal_tokens WHERE journal_id = ?`;
const SAVE_TOKEN = `INSERT OR REPLACE INTO tidemark_journal_tokens
  (journal_id, token, number, ids, expires_at) VALUES (?, ?, ?, ?, ?)`;
const FORGET_TOKENS = "DELETE FROM tidemark_journal_tokens WHERE journal_id = ? AND number <= ?";
const CLEAR_TOKENS = `DELETE FROM tidemark_journal_tokens WHERE (journal_id, token) IN
  (SELECT journal_id, token FROM tidemark_journal_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`;

/** Makes the row of a journal that has no state yet. @returns Its number. */
export function makeJournal(
  { connection, random }: AppendContext,
  journal: JournalAddress,
  nowMs: number,
): number {
  const { lastInsertRowid } = connection.statement(MAKE).run(
    journal.space,
    journal.name,
    random.uniqueText(),
    sortableEntryId(ENTRY_ID_ZERO),
    sortableEntryId(ENTRY_ID_ZERO),
    nowMs,
    nextChange(connection),
  );
  return Number(lastInsertRowid);
}

/**
 * Applies a change to a journal.
 *
 * @returns The ids of the new entries.
 * @throws {EntryIdNotIncreasingError} or {StreamExhaustedError}
 */
export function applyChange(
  connection: Connection,
  journal: {
    readonly address: JournalAddress;
    readonly journalId: number;
    readonly lastId: EntryId;
  },
  { change, nowMs }: { readonly change: JournalChange; readonly nowMs: number },
): EntryId[] {
  const { address, journalId, lastId } = journal;
  const { entries = [], state, lengthMax, token } = change;
  const ids = assignIds(entries, { journal: journalText(address), lastId, nowMs });
  for (const [index, id] of ids.entries()) {
    const { text } = encodeFields(entries[index]?.fields ?? []);
    connection.statement(ADD_ENTRY).run(journalId, sortableEntryId(id), text);
  }
  if (state !== undefined) {
    connection.statement(SAVE_STATE).run(journalId, state);
    connection.statement(COUNT_STATE).run(journalId);
  }
  const last = sortableEntryId(ids.at(-1) ?? lastId);
  connection.statement(SAVE_END).run(
    last,
    ids.length,
    ids.length,
    nextChange(connection),
    journalId,
  );
  if (lengthMax !== undefined) trim(connection, journalId, lengthMax);
  const expiresAtMs = expiryOf(change, nowMs);
  if (expiresAtMs !== undefined) connection.statement(SAVE_EXPIRY).run(expiresAtMs, journalId);
  if (token !== undefined) rememberToken(connection, journalId, { token, ids, nowMs });
  return ids;
}

/** Renews a sliding expiry. */
export function touchJournal(connection: Connection, journalId: number, expiresAtMs: number): void {
  connection.statement(SAVE_EXPIRY).run(expiresAtMs, journalId);
}

/** The ids of an earlier call with this token, `null` when there was none. */
export function idsOfToken(
  connection: Connection,
  { journalId, snapshot }: JournalRow,
  { token, nowMs }: { readonly token: string; readonly nowMs: number },
): EntryId[] | null {
  const row = connection.statement(FIND_TOKEN).get(journalId, token, nowMs);
  if (row === undefined) return null;
  const ids = parsed(textOf(row.ids));
  if (Array.isArray(ids) && ids.every(isEntryId)) return ids;
  throw new JournalDamagedError(snapshot.journal, "tokens");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function expiryOf(
  { expireMs, expireAtMs }: JournalWrite,
  nowMs: number,
): number | null | undefined {
  if (expireAtMs !== undefined) return expireAtMs;
  return typeof expireMs === "number" ? nowMs + expireMs : expireMs;
}

function trim(connection: Connection, journalId: number, lengthMax: number): void {
  const excess = integerOf(connection.statement(LENGTH).get(journalId)?.length) - lengthMax;
  if (excess <= 0) return;
  const until = textOf(connection.statement(NTH_ID).get(journalId, excess - 1)?.id);
  const { changes } = connection.statement(TRIM).run(journalId, until);
  connection.statement(SAVE_TRIM).run(until, Number(changes), journalId);
}

function rememberToken(
  connection: Connection,
  journalId: number,
  call: { readonly token: string; readonly ids: readonly EntryId[]; readonly nowMs: number },
): void {
  const { token, ids, nowMs } = call;
  connection.statement(CLEAR_TOKENS).run(nowMs, EXPIRED_TOKENS_CLEARED);
  const last = connection.statement(LAST_NUMBER).get(journalId)?.number ?? null;
  const number = (last === null ? 0 : integerOf(last)) + 1;
  const expiresAtMs = nowMs + TOKEN_MS;
  connection.statement(SAVE_TOKEN).run(journalId, token, number, JSON.stringify(ids), expiresAtMs);
  connection.statement(FORGET_TOKENS).run(journalId, number - JOURNAL_TOKENS_MAX);
}
