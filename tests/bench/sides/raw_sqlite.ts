/**
 * The loop over a SQLite table that one would write by hand: take the next rows after the position, handle them, and in
 * one transaction mark them as done and save the position. One process, one reader; nothing is leased, retried, or told
 * apart by group.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { Figures, Round, SideSettings } from "./lines.ts";
import { jobEvent } from "./job_events.ts";
import type { Side } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";

/** The same promises about a power cut as Tidemark's file: WAL, and every commit is on the disk. */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE events (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, key TEXT, payload TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE positions (reader TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
  INSERT INTO positions VALUES ('workers', 0);
`;

/** {@linkcode Side} */
export function rawSqlite({ parsed }: SideSettings): Side {
  return (round) => measure(round, parsed);
}

async function measure({ url, events, count }: Round, parsed: boolean): Promise<Figures> {
  using database = new DatabaseSync(url.slice("sqlite:".length));
  database.exec(SCHEMA);
  fill(database, events);
  const begin = database.prepare("BEGIN IMMEDIATE");
  const next = database.prepare(
    "SELECT id, type, key, payload FROM events WHERE id > ? ORDER BY id LIMIT ?",
  );
  const markDone = database.prepare("UPDATE events SET done = 1 WHERE id > ? AND id <= ?");
  const savePosition = database.prepare("UPDATE positions SET position = ? WHERE reader = ?");
  const commit = database.prepare("COMMIT");
  const watch = new Stopwatch(events);
  const handle: (data: unknown) => unknown = watch.handle;
  let position = 0;
  while (watch.handled < events) {
    const rows = next.all(position, count);
    for (const row of rows) {
      if (parsed) await handle(JSON.parse(String(row.payload)));
      else watch.handle();
    }
    const last = Number(rows.at(-1)?.id ?? position);
    begin.run();
    markDone.run(position, last);
    savePosition.run(last, "workers");
    commit.run();
    position = last;
  }
  const figures = watch.stop();
  const left = database.prepare("SELECT count(*) AS left FROM events WHERE done = 0").get()?.left;
  if (left !== 0) throw new Error(`The raw loop over SQLite left ${left} events undone`);
  return figures;
}

function fill(database: DatabaseSync, events: number): void {
  const insert = database.prepare("INSERT INTO events (type, key, payload) VALUES (?, ?, ?)");
  database.exec("BEGIN");
  for (let number = 1; number <= events; number++) {
    const { type, key, data } = jobEvent(number);
    insert.run(type, key, JSON.stringify(data));
  }
  database.exec("COMMIT");
}
