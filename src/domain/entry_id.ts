/**
 * Entry ids: `ms-seq`, two unsigned 64-bit numbers. They are kept as text and compared as text of equal length, because
 * a JavaScript number loses digits above 2^53 and plain string order puts `10-0` before `9-0` (T16).
 *
 * @module
 */

import { InvalidEntryIdError } from "./errors.ts";

/** A canonical entry id such as `1717000000000-0`: two unsigned 64-bit decimals without leading zeros. */
export type EntryId = `${bigint}-${bigint}`;

const CANONICAL = /^(0|[1-9]\d{0,19})-(0|[1-9]\d{0,19})$/;

/** The largest unsigned 64-bit number, the bound of both halves of an id. */
const U64_MAX = "18446744073709551615";

/** The id before every entry: reading after it starts at the beginning. No entry can have it. */
export const ENTRY_ID_ZERO: EntryId = "0-0";

/** The largest id that can exist. A stream that holds it accepts no further entry (T17). */
export const ENTRY_ID_MAX: EntryId = `${18446744073709551615n}-${18446744073709551615n}`;

/**
 * Tells whether a text is a canonical entry id. Redis itself also takes ` 1-0`, `01-0`, `5` and `5-0\0`; we do not,
 * so that one id has one spelling.
 *
 * @param text Anything.
 * @returns `true` for two canonical decimals within 64 bits, joined by a hyphen.
 */
export function isEntryId(text: unknown): text is EntryId {
  if (typeof text !== "string") return false;
  const match = CANONICAL.exec(text);
  if (match === null) return false;
  return compareDecimals(match[1] ?? "", U64_MAX) <= 0 &&
    compareDecimals(match[2] ?? "", U64_MAX) <= 0;
}

/**
 * Checks an id that came from outside.
 *
 * @param text What should be an entry id.
 * @returns The same text, known to be canonical.
 * @throws {InvalidEntryIdError} When it is not.
 */
export function parseEntryId(text: unknown): EntryId {
  if (isEntryId(text)) return text;
  throw new InvalidEntryIdError(text);
}

/**
 * Orders two ids as the broker does.
 *
 * @returns Negative, zero or positive, as for `Array.prototype.sort`.
 */
export function compareEntryIds(left: EntryId, right: EntryId): number {
  const leftDash = left.indexOf("-");
  const rightDash = right.indexOf("-");
  if (leftDash === rightDash && left.length === right.length) {
    // Most ids have the same shape, and such are ordered as texts are, at a fraction of the cost.
    return left === right ? 0 : left < right ? -1 : 1;
  }
  return compareDecimals(left.slice(0, leftDash), right.slice(0, rightDash)) ||
    compareDecimals(left.slice(leftDash + 1), right.slice(rightDash + 1));
}

/** The later of two ids. */
export function laterEntryId(left: EntryId, right: EntryId): EntryId {
  return compareEntryIds(left, right) >= 0 ? left : right;
}

/**
 * The id directly before another one: reading after it includes the other.
 *
 * @returns The predecessor, or `0-0` for `0-0`.
 */
export function previousEntryId(id: EntryId): EntryId {
  const { ms, seq } = entryIdParts(id);
  if (seq > 0n) return `${ms}-${seq - 1n}`;
  return ms > 0n ? `${ms - 1n}-${BigInt(U64_MAX)}` : ENTRY_ID_ZERO;
}

/**
 * The id directly after another one.
 *
 * @returns The successor, or `null` for the largest id.
 */
export function nextEntryId(id: EntryId): EntryId | null {
  const { ms, seq } = entryIdParts(id);
  const max = BigInt(U64_MAX);
  if (seq < max) return `${ms}-${seq + 1n}`;
  return ms < max ? `${ms + 1n}-0` : null;
}

/** The two halves of an id as exact numbers. */
export function entryIdParts(id: EntryId): { ms: bigint; seq: bigint } {
  const dash = id.indexOf("-");
  return { ms: BigInt(id.slice(0, dash)), seq: BigInt(id.slice(dash + 1)) };
}

/**
 * A spelling of an id whose plain byte order is the order of ids: each half is preceded by a letter that tells its
 * length (`a` for one digit, `t` for twenty). Used where a store can only sort bytes.
 */
export function sortableEntryId(id: EntryId): string {
  const dash = id.indexOf("-");
  return lengthLetter(dash) + id.slice(0, dash) + lengthLetter(id.length - dash - 1) +
    id.slice(dash + 1);
}

/**
 * The id behind a sortable spelling.
 *
 * @throws {InvalidEntryIdError} When the text is not what {@linkcode sortableEntryId} makes.
 */
export function entryIdOfSortable(sortable: string): EntryId {
  const msLength = sortable.charCodeAt(0) - LETTER_BEFORE_A;
  const seqLength = sortable.charCodeAt(1 + msLength) - LETTER_BEFORE_A;
  // A wrong second letter would give an id that stands elsewhere in the order of bytes.
  if (seqLength !== sortable.length - msLength - 2) throw new InvalidEntryIdError(sortable);
  return parseEntryId(`${sortable.slice(1, 1 + msLength)}-${sortable.slice(2 + msLength)}`);
}

const LETTER_BEFORE_A = 96;

function lengthLetter(length: number): string {
  return String.fromCharCode(LETTER_BEFORE_A + length);
}

/** Canonical decimals: the longer one is larger, at equal length plain text order is numeric order. */
function compareDecimals(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
