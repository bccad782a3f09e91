/**
 * What a SQLite file holds for the service, by plain queries on a connection of its own.
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
import { fieldOf } from "../chaos/moment.ts";
import { numberOf, type View } from "./view.ts";

/** Readers do not wait for writers in WAL mode; who looks must not stand still for long in any case. */
const BUSY_TIMEOUT_MS = 500;

const STREAM = "(SELECT stream_id FROM tidemark_streams WHERE name = ?)";
const OUTPUTS = `SELECT id, fields FROM tidemark_entries
  WHERE stream_id = ${STREAM} AND id > ? ORDER BY id LIMIT ?`;
const GROUP = `SELECT group_id, checkpoint_position AS position,
  (SELECT last_id FROM tidemark_streams s WHERE s.stream_id = g.stream_id) AS last_id,
  (SELECT count(*) FROM tidemark_pending p WHERE p.group_id = g.group_id) AS pending,
  (SELECT count(*) FROM tidemark_done d WHERE d.group_id = g.group_id) AS done_set
  FROM tidemark_groups g WHERE stream_id = ${STREAM} AND name = ?`;
const TOKENS = "SELECT name, token FROM tidemark_consumers WHERE group_id = ?";
const SIZE = `SELECT (SELECT count(*) FROM tidemark_idempotency) +
  (SELECT count(*) FROM tidemark_pending) + (SELECT count(*) FROM tidemark_done) +
  (SELECT count(*) FROM tidemark_consumers) AS records,
  (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) AS bytes`;

/** Opens a view. @param path A file that a broker has made. */
export function openSqliteView(path: string): View {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  const statements = {
    outputs: database.prepare(OUTPUTS),
    group: database.prepare(GROUP),
    tokens: database.prepare(TOKENS),
    size: database.prepare(SIZE),
  };
  return {
    outputs({ outputs }, after, count) {
      const rows = statements.outputs.all(outputs, sortableEntryId(after), count);
      return Promise.resolve(rows.map((row) => ({
        id: fromSortable(row.id),
        number: numberOf(fieldOf(JSON.parse(String(row.fields)), "payload")),
      })));
    },
    group({ stream, group }) {
      const row = statements.group.get(stream, group);
      const tokens = row === undefined ? [] : statements.tokens.all(row.group_id ?? null);
      return Promise.resolve({
        pending: Number(row?.pending ?? 0),
        position: row === undefined || row.position === null ? null : fromSortable(row.position),
        lastId: row === undefined ? ENTRY_ID_ZERO : fromSortable(row.last_id),
        doneSet: Number(row?.done_set ?? 0),
        tokens: new Map(tokens.map(({ name, token }) => [String(name), String(token)])),
      });
    },
    broker() {
      const row = statements.size.get();
      const size = { records: Number(row?.records ?? 0), bytes: Number(row?.bytes ?? 0) };
      return Promise.resolve({ connections: null, ...size });
    },
    [Symbol.asyncDispose]() {
      database.close();
      return Promise.resolve();
    },
  };
}

function fromSortable(stored: unknown): EntryId {
  return entryIdOfSortable(String(stored));
}
