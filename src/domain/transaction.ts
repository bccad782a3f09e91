/**
 * The user's own tables inside the commit: where the broker shares its database with the user (SQLite), a handler can
 * leave work that runs in the same transaction as the acknowledgement.
 *
 * @module
 */

/** A value that SQLite stores. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** The database inside the transaction of a commit. */
export interface Transaction {
  /**
   * Runs one statement.
   *
   * @param sql One statement with `?` for each parameter.
   * @returns How many rows it changed.
   */
  run(sql: string, ...parameters: SqlValue[]): number;
  /**
   * Reads all rows of a query; it sees what was written before it in the same commit.
   *
   * @param sql One query with `?` for each parameter.
   */
  all(sql: string, ...parameters: SqlValue[]): Record<string, SqlValue>[];
}

/**
 * Work to be done inside the commit. It runs at most once with effect: if it throws, what it did is undone, the entry
 * stays pending and the throw counts as a failure of its handler. It must not return a promise.
 */
export type TransactionWork = (transaction: Transaction) => void;
