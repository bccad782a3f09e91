/**
 * Checks of what the journal methods are given, so that every adapter refuses the same, before anything is sent.
 *
 * @module
 */

import { fieldsByteLength, utf8Length } from "../domain/entry.ts";
import { parseEntryId } from "../domain/entry_id.ts";
import { InvalidNameError, InvalidOptionError } from "../domain/errors.ts";
import type { JournalAddress } from "../domain/journal.ts";
import { checkName } from "../domain/names.ts";
import {
  JOURNAL_CHANGE_BYTES_MAX,
  JOURNAL_ENTRY_BYTES_MAX,
  JOURNAL_STATE_BYTES_MAX,
  type JournalChange,
  type JournalCondition,
  type JournalEntry,
  type JournalListOptions,
  type JournalRange,
  type NewJournal,
} from "./journal_store.ts";

/** A space is a word of the program, and part of a key's slot. */
const SPACE = /^[a-z][a-z0-9_-]{0,31}$/;

const ENTRIES_MAX = 1_000;
const COUNT_MAX = 10_000;
const LIMIT_MAX = 1_000;
/** Names and values of one entry: Lua hands on about 8,000 values at once (T22). */
const PARTS_MAX = 7_900;
const READ_BYTES_MAX = 67_108_864;
const TOKEN_BYTES_MAX = 128;
/** A hundred years. */
const EXPIRE_MS_MAX = 3_155_760_000_000;
/** The last day that a `Date` can name. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** How many bytes of entries a read takes unless told otherwise. */
export const JOURNAL_READ_BYTES_DEFAULT = 4_194_304;

/** @throws {InvalidNameError} When it cannot be a space. */
export function checkSpace(space: string): void {
  if (typeof space === "string" && SPACE.test(space)) return;
  throw new InvalidNameError(
    "space",
    String(space),
    "wanted a small letter, then at most 31 of a-z, 0-9, _ and -",
  );
}

/** @throws {InvalidNameError} When it cannot be a journal's address. */
export function checkJournal({ space, name }: JournalAddress): void {
  checkSpace(space);
  checkName("journal", name);
}

/** @throws {InvalidOptionError} or {InvalidEntryIdError} When a new journal cannot be made so. */
export function checkNewJournal(options: NewJournal): void {
  checkState(options.state);
  checkWrite(options);
}

/** @throws {InvalidOptionError} or {InvalidEntryIdError} When a change cannot be made. */
export function checkChange(change: JournalChange): void {
  if (change.state !== undefined) checkState(change.state);
  checkCondition(change);
  checkWrite(change);
}

/** @throws {InvalidOptionError} When no journal can be found so. */
export function checkCondition({ ifVersion, ifIncarnation }: JournalCondition): void {
  if (ifVersion !== undefined) {
    checkWhole("ifVersion", ifVersion, { min: 1, max: Number.MAX_SAFE_INTEGER });
  }
  if (ifIncarnation !== undefined) checkText("ifIncarnation", ifIncarnation, TOKEN_BYTES_MAX);
}

/** @throws {InvalidOptionError} or {InvalidEntryIdError} When nothing can be read so. */
export function checkRange(range: JournalRange): void {
  const { afterId, from, to, count, bytesMax, touchMs } = range;
  if (afterId !== undefined && from !== undefined) {
    throw new InvalidOptionError("from", from, "not both of from and afterId");
  }
  for (const id of [afterId, from, to]) if (id !== undefined) parseEntryId(id);
  checkWhole("count", count, { min: 1, max: COUNT_MAX });
  if (bytesMax !== undefined) checkWhole("bytesMax", bytesMax, { min: 1, max: READ_BYTES_MAX });
  if (touchMs !== undefined) checkWhole("touchMs", touchMs, { min: 1, max: EXPIRE_MS_MAX });
}

/** @throws {InvalidOptionError} When nothing can be listed so. */
export function checkList(options: JournalListOptions): void {
  checkWhole("limit", options.limit, { min: 1, max: LIMIT_MAX });
  if (options.after !== undefined) journalOfCursor(options.after);
}

/** @throws {InvalidOptionError} When a round cannot read so many bytes. */
export function checkWatch(bytesMax: number): void {
  checkWhole("bytesMax", bytesMax, { min: 1_024, max: READ_BYTES_MAX });
}

/** The cursor behind a journal; sorts as journals are listed. */
export function journalCursor(createdAtMs: number, name: string): string {
  return `${String(createdAtMs).padStart(CURSOR_DIGITS, "0")}:${name}`;
}

/**
 * What a cursor stands for.
 *
 * @throws {InvalidOptionError} When it is none: it may come from outside.
 */
export function journalOfCursor(cursor: string): { createdAtMs: number; name: string } {
  const isCursor = typeof cursor === "string" && /^\d{16}:./su.test(cursor) &&
    utf8Length(cursor) <= 512 && cursor.isWellFormed();
  if (!isCursor) throw new InvalidOptionError("after", cursor, "a cursor of an earlier page");
  return {
    createdAtMs: Number(cursor.slice(0, CURSOR_DIGITS)),
    name: cursor.slice(CURSOR_DIGITS + 1),
  };
}

/** Room for every time that a `Date` can name. */
const CURSOR_DIGITS = 16;

function checkState(state: string): void {
  if (typeof state !== "string") throw new InvalidOptionError("state", typeof state, "a text");
  const bytes = utf8Length(state);
  if (bytes > JOURNAL_STATE_BYTES_MAX) {
    const wanted = `at most ${JOURNAL_STATE_BYTES_MAX} bytes`;
    throw new InvalidOptionError("state", `${bytes} bytes`, wanted);
  }
  // Half a surrogate pair has no bytes: it would come back as another text.
  if (!state.isWellFormed() || !isJson(state)) {
    throw new InvalidOptionError("state", `${bytes} bytes`, "JSON");
  }
}

function checkWrite(write: NewJournal | JournalChange): void {
  const { entries = [], lengthMax, expireMs, expireAtMs, token } = write;
  if (entries.length > ENTRIES_MAX) {
    throw new InvalidOptionError("entries", entries.length, `at most ${ENTRIES_MAX}`);
  }
  let total = 0;
  for (const [index, entry] of entries.entries()) total += checkEntry(entry, index);
  if (total > JOURNAL_CHANGE_BYTES_MAX) {
    const wanted = `at most ${JOURNAL_CHANGE_BYTES_MAX} bytes`;
    throw new InvalidOptionError("entries", `${total} bytes`, wanted);
  }
  if (lengthMax !== undefined) {
    checkWhole("lengthMax", lengthMax, { min: 0, max: Number.MAX_SAFE_INTEGER });
  }
  if (expireMs !== undefined && expireAtMs !== undefined) {
    throw new InvalidOptionError("expireAtMs", expireAtMs, "not both of expireMs and expireAtMs");
  }
  if (expireMs !== undefined && expireMs !== null) {
    checkWhole("expireMs", expireMs, { min: 1, max: EXPIRE_MS_MAX });
  }
  if (expireAtMs !== undefined) checkWhole("expireAtMs", expireAtMs, { min: 1, max: TIME_MS_MAX });
  if (token !== undefined) checkText("token", token, TOKEN_BYTES_MAX);
}

/** @returns Its size in bytes. */
function checkEntry({ fields, id }: JournalEntry, index: number): number {
  if (id !== undefined) parseEntryId(id);
  const parts = fields.length;
  if (parts < 2 || parts % 2 !== 0 || parts > PARTS_MAX) {
    const wanted = `names and values in turn, at least one pair, at most ${PARTS_MAX} in all`;
    throw new InvalidOptionError(`entries[${index}].fields`, `${parts} parts`, wanted);
  }
  const bytes = fieldsByteLength(fields);
  if (!(bytes <= JOURNAL_ENTRY_BYTES_MAX)) {
    const wanted = `texts and bytes, at most ${JOURNAL_ENTRY_BYTES_MAX} bytes`;
    throw new InvalidOptionError(`entries[${index}].fields`, `${bytes} bytes`, wanted);
  }
  return bytes;
}

function checkText(option: string, text: string, bytesMax: number): void {
  const isText = typeof text === "string" && text !== "" && text.isWellFormed() &&
    utf8Length(text) <= bytesMax;
  if (!isText) throw new InvalidOptionError(option, text, `a text of 1 to ${bytesMax} bytes`);
}

function checkWhole(
  option: string,
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  throw new InvalidOptionError(option, value, `a whole number from ${min} to ${max}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
