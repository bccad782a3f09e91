/**
 * What the user's own SQL may not do inside the commit: end our transaction, write to our tables, or change our
 * connection. SQLite asks an authorizer for every step of a statement when it is prepared
 * (https://sqlite.org/c3ref/set_authorizer.html).
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** Answers of an authorizer. */
const OK = 0;
const DENY = 1;

/** Action codes, https://sqlite.org/c3ref/c_alter_table.html. Those that are not listed are judged by the table's name. */
const ACTION = {
  pragma: 19,
  read: 20,
  select: 21,
  transaction: 22,
  attach: 24,
  detach: 25,
  function: 31,
  savepoint: 32,
  recursive: 33,
} as const;

/** What reads only, by name; any other PRAGMA may change the connection under us. */
const HARMLESS_PRAGMAS: ReadonlySet<string> = new Set([
  "foreign_key_check",
  "foreign_key_list",
  "index_info",
  "index_list",
  "table_info",
  "table_list",
  "table_xinfo",
]);

/** `DatabaseSync.setAuthorizer`: Deno 2.9 has it, its type declarations do not. */
interface Authorized {
  setAuthorizer(
    decide: (action: number, first: string | null, second: string | null) => number,
  ): void;
}

/** Judges statements while a user's work runs. */
export class Authorizer {
  #isActive = false;
  #refusal: string | null = null;

  /**
   * @param database Its statements are judged from now on. Where it has no authorizer, everything passes, and a
   * transaction that was ended is found by its absence.
   */
  constructor(database: DatabaseSync) {
    if (!hasAuthorizer(database)) return;
    database.setAuthorizer((action, first, second) => {
      if (!this.#isActive) return OK;
      this.#refusal ??= refusalOf(action, [first, second]);
      return this.#refusal === null ? OK : DENY;
    });
  }

  /**
   * Runs a user's statement.
   *
   * @throws {Error} That says why, when the statement was refused.
   */
  judge<Result>(statement: () => Result): Result {
    this.#isActive = true;
    this.#refusal = null;
    try {
      return statement();
    } catch (error) {
      if (this.#refusal === null) throw error;
      throw new Error(`Cannot run SQL in the work of a handler: ${this.#refusal}`, {
        cause: error,
      });
    } finally {
      this.#isActive = false;
    }
  }
}

function hasAuthorizer(database: DatabaseSync): database is DatabaseSync & Authorized {
  return "setAuthorizer" in database && typeof database.setAuthorizer === "function";
}

function refusalOf(action: number, names: readonly (string | null)[]): string | null {
  switch (action) {
    case ACTION.transaction:
    case ACTION.savepoint:
      return "the transaction is Tidemark's own, throw to undo the work";
    case ACTION.attach:
    case ACTION.detach:
      return "other files are not part of the transaction";
    case ACTION.pragma:
      return HARMLESS_PRAGMAS.has((names[0] ?? "").toLowerCase())
        ? null
        : "a PRAGMA could change Tidemark's own connection";
    case ACTION.read:
    case ACTION.select:
    case ACTION.function:
    case ACTION.recursive:
      return null;
    default:
      return names.some((name) => (name ?? "").toLowerCase().startsWith("tidemark_"))
        ? "tables whose name begins with tidemark_ are Tidemark's own"
        : null;
  }
}
