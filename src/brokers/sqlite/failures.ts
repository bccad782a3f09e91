/**
 * What SQLite's errors mean. `node:sqlite` in Deno 2.9 gives no result code, only SQLite's own sentence
 * (`sqlite3_errstr`, https://sqlite.org/rescode.html), so that is what is matched.
 *
 * @module
 */

import {
  AccessDeniedError,
  BrokerUnavailableError,
  BrokerUnsupportedError,
  ClosedError,
  PermissionMissingError,
  TidemarkError,
} from "../../domain/errors.ts";

/** SQLite's sentences for conditions that pass, and the names of their codes. */
const TRANSIENT: readonly (readonly [sentence: string, reason: string])[] = [
  ["database is locked", "SQLITE_BUSY"],
  ["database table is locked", "SQLITE_LOCKED"],
  ["database or disk is full", "SQLITE_FULL"],
  ["disk I/O error", "SQLITE_IOERR"],
  ["unable to open database file", "SQLITE_CANTOPEN"],
  ["out of memory", "SQLITE_NOMEM"],
  ["interrupted", "SQLITE_INTERRUPT"],
];

/**
 * The error to throw for one that SQLite has thrown. Ours and those that are not SQLite's pass through.
 *
 * @param action What was attempted.
 * @param location The file.
 */
export function translateError(error: unknown, action: string, location: string): unknown {
  if (error instanceof TidemarkError || !(error instanceof Error)) return error;
  if (error.name === "NotCapable") {
    const flags = ["read", "write"].map((kind) => flagText(`--allow-${kind}=${location}`)).join(
      " ",
    );
    const lack = { mayNot: "read and write it", flags };
    return new PermissionMissingError(`${action} "${location}"`, lack, { cause: error });
  }
  const reason = transientReason(error);
  if (reason !== null) return new BrokerUnavailableError(action, reason, { cause: error });
  const { message } = error;
  if (message.includes("file is not a database")) {
    return new BrokerUnsupportedError(
      `Cannot ${action}: "${location}" is not an SQLite file, choose another path; nothing was written to it`,
      { cause: error },
    );
  }
  if (message.includes("malformed")) {
    return new BrokerUnsupportedError(
      `Cannot ${action}: SQLite file "${location}" is damaged, restore it from a copy`,
      { cause: error },
    );
  }
  if (message.includes("readonly database")) {
    return new AccessDeniedError(action, "SQLITE_READONLY", { cause: error });
  }
  if (message.includes("database is not open") || message.includes("finalized")) {
    return new ClosedError(`SQLite file "${location}"`);
  }
  if (isOfDriver(error)) {
    return new BrokerUnsupportedError(
      `Cannot ${action}: SQLite file "${location}" is damaged or its tables were changed, restore it from a copy`,
      { cause: error },
    );
  }
  return error;
}

/**
 * Whether SQLite or its driver has thrown it over our tables. Every statement of ours is right for them, so a file that
 * refuses one, or holds a number beyond 2^53, is not as we left it. What a handler's own statements throw does not come
 * here, but for a foreign key that is checked at the very end; our tables have none.
 */
function isOfDriver(error: Error): boolean {
  return "code" in error && !error.message.startsWith("FOREIGN KEY") &&
    (error.code === "ERR_SQLITE_ERROR" || error.code === "ERR_OUT_OF_RANGE");
}

/** An option as it is typed in a shell. */
function flagText(flag: string): string {
  return /^[\w@%+=:,./-]+$/.test(flag) ? flag : `'${flag.replaceAll("'", `'\\''`)}'`;
}

/** The code of an error that passes by itself, `null` for any other. */
export function transientReason(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return TRANSIENT.find(([sentence]) => error.message.includes(sentence))?.[1] ?? null;
}
