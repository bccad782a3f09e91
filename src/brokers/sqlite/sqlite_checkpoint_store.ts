/**
 * A separate checkpoint store in an SQLite file of its own: the furthest checkpoint of every group, and each consumer's
 * own last one, as JSON texts. A file that cannot be opened for now is tried again with every call.
 *
 * @module
 */

import {
  type Checkpoint,
  checkpointIsNewer,
  decodeCheckpoint,
  type DecodedCheckpoint,
} from "../../domain/checkpoint.ts";
import { BrokerUnavailableError, ClosedError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { CheckpointStore } from "../../ports/checkpoint_store.ts";
import { systemClock } from "../../ports/clock.ts";
import { Connection } from "./connection.ts";
import { textOf } from "./rows.ts";

/** Where a store is. */
export interface SqliteCheckpointStoreOptions {
  /** A path, or `:memory:`. The file is made when it is missing; its folder is not. */
  readonly path: string;
}

/** The row of a group's furthest checkpoint bears no consumer's name: names are never empty. */
const NO_CONSUMER = "";

const TABLE = `CREATE TABLE IF NOT EXISTS tidemark_checkpoints (
  stream     TEXT NOT NULL,
  "group"    TEXT NOT NULL,
  consumer   TEXT NOT NULL,  -- empty: the furthest of the group, with its done-set
  checkpoint TEXT NOT NULL,  -- JSON
  PRIMARY KEY (stream, "group", consumer)
) STRICT, WITHOUT ROWID`;
const READ =
  `SELECT checkpoint FROM tidemark_checkpoints WHERE stream = ? AND "group" = ? AND consumer = ?`;
const WRITE = `INSERT INTO tidemark_checkpoints (stream, "group", consumer, checkpoint)
  VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint`;
const REMOVE = `DELETE FROM tidemark_checkpoints WHERE stream = ? AND "group" = ?`;
const MOVE_ASIDE =
  `INSERT INTO tidemark_quarantine (stream, "group", moved_at, checkpoint) VALUES (?, ?, ?, ?)`;

/**
 * Opens a store. A file that cannot be opened for now does not fail it: until it can, `load` and `save` throw
 * `BrokerUnavailableError`.
 *
 * @param options Where it is.
 * @throws {BrokerUnsupportedError} When the file is not one of Tidemark's.
 * @throws {PermissionMissingError} When the program was not allowed to read and write it.
 */
export function openSqliteCheckpointStore(options: SqliteCheckpointStoreOptions): CheckpointStore {
  const store = new SqliteCheckpointStore(options.path);
  try {
    store.open();
  } catch (error) {
    if (!(error instanceof BrokerUnavailableError)) throw error;
  }
  return store;
}

class SqliteCheckpointStore implements CheckpointStore {
  readonly #path: string;
  /** What was loaded last, by group: only that is moved aside, not what another process saved since. */
  readonly #loaded = new Map<string, string>();
  #connection: Connection | null = null;
  #closed = false;

  constructor(path: string) {
    this.#path = path;
  }

  open(): Connection {
    if (this.#closed) throw new ClosedError(`SQLite file "${this.#path}"`);
    if (this.#connection !== null) return this.#connection;
    const connection = Connection.open(this.#path);
    try {
      connection.write("make the table", () => connection.database.exec(TABLE));
    } catch (error) {
      connection.close();
      throw error;
    }
    return this.#connection = connection;
  }

  async load(stream: string, group: string): Promise<unknown> {
    checkName("stream", stream);
    checkName("group", group);
    const connection = this.open();
    const found = connection.glance(
      `load the checkpoint of group "${group}" of stream "${stream}"`,
      () => read(connection, { stream, group, consumer: NO_CONSUMER }),
    );
    if (found === null) this.#loaded.delete(loadedName(stream, group));
    else this.#loaded.set(loadedName(stream, group), found);
    return found;
  }

  async save(checkpoint: Checkpoint): Promise<boolean> {
    const { stream, group, consumer } = checkpoint;
    checkName("stream", stream);
    checkName("group", group);
    checkName("consumer", consumer);
    const connection = this.open();
    return connection.write(
      `save the checkpoint of group "${group}" of stream "${stream}"`,
      () => {
        const place = { stream, group, consumer: NO_CONSUMER };
        if (decode(connection, place).kind === "unusable") moveAside(connection, place);
        saveForward(connection, consumer, { ...checkpoint, done: [] });
        return saveForward(connection, NO_CONSUMER, checkpoint);
      },
    );
  }

  async quarantine(stream: string, group: string): Promise<void> {
    checkName("stream", stream);
    checkName("group", group);
    const connection = this.open();
    connection.write(
      `move the checkpoint of group "${group}" of stream "${stream}" aside`,
      () => {
        const place = { stream, group, consumer: NO_CONSUMER };
        const loaded = this.#loaded.get(loadedName(stream, group));
        if (loaded !== undefined && loaded !== read(connection, place)) return;
        moveAside(connection, place);
      },
    );
    this.#loaded.delete(loadedName(stream, group));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#connection?.close();
  }
}

/** A row's place. */
interface Place {
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
}

function read(connection: Connection, { stream, group, consumer }: Place): string | null {
  const row = connection.statement(READ).get(stream, group, consumer);
  return row === undefined ? null : textOf(row.checkpoint);
}

function decode(connection: Connection, place: Place): DecodedCheckpoint {
  return decodeCheckpoint(read(connection, place), place);
}

/** @returns `false` when what is stored is newer. */
function saveForward(connection: Connection, consumer: string, checkpoint: Checkpoint): boolean {
  const { stream, group } = checkpoint;
  const stored = decode(connection, { stream, group, consumer });
  if (stored.kind === "valid" && !checkpointIsNewer(checkpoint, stored.checkpoint)) return false;
  connection.statement(WRITE).run(stream, group, consumer, JSON.stringify(checkpoint));
  return true;
}

/** The furthest checkpoint is kept in another table (V9); the consumers' own ones begin anew with the next. */
function moveAside(connection: Connection, place: Place): void {
  const found = read(connection, place);
  if (found === null) return;
  const { stream, group } = place;
  connection.statement(MOVE_ASIDE).run(stream, group, systemClock.nowMs(), found);
  connection.statement(REMOVE).run(stream, group);
}

/** One text for two names, which may hold anything but control characters. */
function loadedName(stream: string, group: string): string {
  return `${stream}\0${group}`;
}
