/**
 * A SQLite file read raw: plain queries on a connection of our own, all in one read transaction, so that they show one
 * instant.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import {
  ENTRY_ID_ZERO,
  type EntryId,
  entryIdOfSortable,
  sortableEntryId,
} from "../../src/domain/entry_id.ts";
import {
  type BrokerData,
  type Cursor,
  GROUP,
  idOf,
  letterOf,
  LETTERS,
  type Moment,
  outputOf,
  OUTPUTS,
  SOURCE,
  sourceEntryOf,
  USER_TABLE,
} from "./moment.ts";

/** Readers do not wait for writers in WAL mode; only a checkpoint of the log can be in the way, and is short. */
const BUSY_TIMEOUT_MS = 5_000;

const STREAM = "(SELECT stream_id FROM tidemark_streams WHERE name = ?)";
const ENTRIES =
  `SELECT id, fields FROM tidemark_entries WHERE stream_id = ${STREAM} AND id > ? ORDER BY id`;
const ROWS = `SELECT seq, source_id, key FROM ${USER_TABLE} WHERE seq > ? ORDER BY seq`;
const LAST_ID = "SELECT last_id FROM tidemark_streams WHERE name = ?";
const GROUP_ROW = `SELECT group_id, last_delivered, checkpoint_schema, checkpoint_position
  FROM tidemark_groups WHERE stream_id = ${STREAM} AND name = ?`;
const DONE = "SELECT id FROM tidemark_done WHERE group_id = ? ORDER BY id";
const PENDING = `SELECT id, consumer_id, delivered_at, deliveries,
  (SELECT name FROM tidemark_consumers c WHERE c.consumer_id = p.consumer_id) AS consumer
  FROM tidemark_pending p WHERE group_id = ? ORDER BY id`;

const EPOCHS = "SELECT name, epoch FROM tidemark_consumers WHERE group_id = ?";

/** Opens a connection of our own, and makes the user's table. @param path A file that a broker has made. */
export function openSqliteData(path: string): BrokerData {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.exec(
    `CREATE TABLE IF NOT EXISTS ${USER_TABLE} (seq INTEGER PRIMARY KEY, source_id TEXT, key TEXT)`,
  );
  return {
    read(after) {
      database.exec("BEGIN");
      try {
        return Promise.resolve(momentOf(database, after));
      } finally {
        database.exec("COMMIT");
      }
    },
    [Symbol.asyncDispose]() {
      database.close();
      return Promise.resolve();
    },
  };
}

function momentOf(database: DatabaseSync, after: Cursor): Moment {
  const entries = entriesOf(database, SOURCE, after.entries);
  const outputs = entriesOf(database, OUTPUTS, after.outputs);
  const letters = entriesOf(database, LETTERS, after.letters);
  const rows = database.prepare(ROWS).all(after.rows);
  const lastId = database.prepare(LAST_ID).get(SOURCE)?.last_id;
  const group = database.prepare(GROUP_ROW).get(SOURCE, GROUP);
  const groupId = group?.group_id ?? null;
  const delivered = group?.last_delivered ?? null;
  const hasCheckpoint = (group?.checkpoint_schema ?? null) !== null;
  return {
    entries: entries.map(({ id, fields }) => sourceEntryOf(id, fields)),
    outputs: outputs.map(({ fields }) => outputOf(fields)),
    letters: letters.map(({ fields }) => letterOf(fields)),
    rows: rows.map((row) => ({ sourceId: idOf(row.source_id), key: String(row.key) })),
    position: hasCheckpoint ? fromSortable(group?.checkpoint_position) : null,
    done: database.prepare(DONE).all(groupId).map((row) => fromSortable(row.id)),
    pending: database.prepare(PENDING).all(groupId).map((row) => ({
      id: fromSortable(row.id),
      consumer: row.consumer === null ? "(handed back)" : String(row.consumer),
      idleMs: Date.now() - Number(row.delivered_at),
      deliveries: Number(row.deliveries),
    })),
    epochs: new Map(
      database.prepare(EPOCHS).all(groupId).map((row) => [String(row.name), Number(row.epoch)]),
    ),
    lastDelivered: delivered === null ? null : fromSortable(delivered),
    lastId: lastId === undefined ? ENTRY_ID_ZERO : fromSortable(lastId),
    next: {
      entries: entries.at(-1)?.id ?? after.entries,
      outputs: outputs.at(-1)?.id ?? after.outputs,
      letters: letters.at(-1)?.id ?? after.letters,
      rows: Number(rows.at(-1)?.seq ?? after.rows),
    },
  };
}

function entriesOf(
  database: DatabaseSync,
  stream: string,
  after: EntryId,
): { id: EntryId; fields: readonly unknown[] }[] {
  return database.prepare(ENTRIES).all(stream, sortableEntryId(after)).map((row) => {
    const fields: unknown = JSON.parse(String(row.fields));
    return { id: fromSortable(row.id), fields: Array.isArray(fields) ? fields : [] };
  });
}

function fromSortable(stored: unknown): EntryId {
  return entryIdOfSortable(String(stored));
}
