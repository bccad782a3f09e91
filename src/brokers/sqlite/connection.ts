/**
 * One open SQLite database: its settings, its transactions and its prepared statements. Every write runs in
 * `BEGIN IMMEDIATE`, so that it either has the write lock from its start or fails before it has read anything.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { BrokerUnavailableError, ClosedError, FileMissingError } from "../../domain/errors.ts";
import { whileBusy } from "./busy_wait.ts";
import { translateError } from "./failures.ts";
import { FilePresence } from "./file_presence.ts";
import { isOutdated, recogniseSchema, updateSchema } from "./schema.ts";

/**
 * How long a call waits for another process's transaction. Short, because the wait blocks this isolate; the caller gets
 * `BrokerUnavailableError` and tries again.
 */
const BUSY_TIMEOUT_MS = 1_000;

/** What is attempted, for errors. */
const OPENING = "open the SQLite file";

/** 16 MiB: holds the pages of the hot ends of streams and pending lists. */
const CACHE_KIBIBYTES = 16_384;

/** The path of a database that lives in memory, as SQLite calls it. */
export const MEMORY = ":memory:";

/** How to open a file. */
export interface OpenOptions {
  /** Whether a missing file is made. Default `true`. */
  readonly createFile?: boolean;
  /** Waits before a file that is held is tried again, for so many ms; for tests. */
  readonly pause?: (ms: number) => void;
  /** By which it looks, once a second, whether the file is still there, in ms; for tests. Default: this machine's. */
  readonly nowMs?: () => number;
}

/** An open database. */
export class Connection {
  /** The database itself. */
  readonly database: DatabaseSync;
  /** Its path, for people. */
  readonly location: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #presence: FilePresence;

  private constructor(database: DatabaseSync, location: string, options: OpenOptions) {
    this.database = database;
    this.location = location;
    this.#presence = new FilePresence(database, { location, nowMs: options.nowMs });
  }

  /**
   * Opens a file, or makes it. Where another process holds it, as while that one makes it, this waits like any other call.
   *
   * @param path A path, or `:memory:`.
   * @param options Whether it may be made.
   * @throws {BrokerUnsupportedError} When it is not a file of ours. Nothing has been written to it.
   * @throws {BrokerUnavailableError} When it cannot be opened for now.
   * @throws {FileMissingError} When it does not exist and is not to be made.
   * @throws {PermissionMissingError} When this program may not read and write it.
   */
  static open(path: string, options: OpenOptions = {}): Connection {
    const { createFile = true, pause } = options;
    if (!createFile) checkExists(path);
    return whileBusy(() => Connection.#open(path, options), { waitMsMax: BUSY_TIMEOUT_MS, pause });
  }

  static #open(path: string, options: OpenOptions): Connection {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path);
      database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
      const version = recogniseSchema(database, path);
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA synchronous = FULL");
      database.exec(`PRAGMA cache_size = -${CACHE_KIBIBYTES}`);
      const connection = new Connection(database, path, options);
      if (isOutdated(version)) connection.#updateSchema();
      return connection;
    } catch (error) {
      database?.close();
      throw withPath(translateError(error, OPENING, path), path);
    }
  }

  /** A prepared statement, prepared once. */
  statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /**
   * Runs one call in a transaction that writes: all or nothing.
   *
   * @param action What is attempted, for the error.
   * @throws {BrokerUnavailableError} When the file is locked, full or cannot be read or written for now.
   * @throws {BrokerUnsupportedError} When the file was deleted or replaced since it was opened, or is damaged.
   */
  write<Result>(action: string, work: () => Result): Result {
    return this.#transaction("BEGIN IMMEDIATE", { action, work });
  }

  /** Runs one call on one state of the database, without writing. */
  read<Result>(action: string, work: () => Result): Result {
    return this.#transaction("BEGIN", { action, work });
  }

  /** Runs one statement, or several that need not see one state. */
  glance<Result>(action: string, work: () => Result): Result {
    this.#presence.check(action);
    try {
      return work();
    } catch (error) {
      throw translateError(error, action, this.location);
    }
  }

  /** Closes the database. Idempotent. */
  close(): void {
    this.#statements.clear();
    if (this.database.isOpen) this.database.close();
  }

  #transaction<Result>(
    begin: "BEGIN" | "BEGIN IMMEDIATE",
    call: { readonly action: string; readonly work: () => Result },
  ): Result {
    if (!this.database.isOpen) throw new ClosedError(`SQLite file "${this.location}"`);
    this.#presence.check(call.action);
    try {
      this.statement(begin).run();
      const result = call.work();
      this.statement("COMMIT").run();
      return result;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec("ROLLBACK");
      throw translateError(error, call.action, this.location);
    }
  }

  /** Two processes may open a new or an older file at the same time: the second one finds the tables made. */
  #updateSchema(): void {
    this.write("make the tables", () => {
      const version = recogniseSchema(this.database, this.location);
      if (isOutdated(version)) updateSchema(this.database, version);
    });
  }
}

/** Whoever cannot open a file, such as one in a folder that is missing, has to know which one it is. */
function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof BrokerUnavailableError)) return error;
  const { reason, cause } = error;
  return new BrokerUnavailableError(`${OPENING} "${path}"`, reason, { cause });
}

/** SQLite makes what is missing, so it has to be looked for before. */
function checkExists(path: string): void {
  if (path === MEMORY) return;
  try {
    Deno.statSync(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (isMissing) throw new FileMissingError(path);
    throw translateError(error, OPENING, path);
  }
}
