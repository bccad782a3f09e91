/**
 * Reads the columns of a row with a check of their type, so that a damaged file is found at the column and not as
 * `undefined` somewhere later.
 *
 * @module
 */

import { BrokerUnsupportedError } from "../../domain/errors.ts";

/** What SQLite gives for a column. */
export type Column = null | number | bigint | string | Uint8Array | undefined;

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, Column>>;

/** @throws {BrokerUnsupportedError} When the column is not a text. */
export function textOf(column: Column): string {
  if (typeof column === "string") return column;
  throw damaged("a text", column);
}

/** @throws {BrokerUnsupportedError} When the column is neither a text nor NULL. */
export function textOrNullOf(column: Column): string | null {
  return column === null || column === undefined ? null : textOf(column);
}

/** @throws {BrokerUnsupportedError} When the column is not a number. */
export function integerOf(column: Column): number {
  if (typeof column === "number") return column;
  throw damaged("a number", column);
}

/** A key as it is stored; `null` for none. */
export type StoredKey = string | Uint8Array | null;

/** @throws {BrokerUnsupportedError} When the column is neither a text, bytes nor NULL. */
export function keyOf(column: Column): StoredKey {
  if (column === null || typeof column === "string" || column instanceof Uint8Array) return column;
  throw damaged("a key", column);
}

function damaged(wanted: string, found: Column): BrokerUnsupportedError {
  return new BrokerUnsupportedError(
    `Cannot read the SQLite file: it is damaged, a column holds a ${typeof found} instead of ${wanted}, restore it from a copy`,
  );
}
