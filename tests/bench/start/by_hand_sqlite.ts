/**
 * What one would write by hand for a file: the next rows after a position, a handler, the new position.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

const [path = ""] = Deno.args;
const database = new DatabaseSync(path);
database.exec("PRAGMA journal_mode = WAL");
database.exec("CREATE TABLE IF NOT EXISTS positions (name TEXT PRIMARY KEY, id INTEGER)");
const rows = database.prepare(
  "SELECT id, payload FROM events WHERE id > " +
    "coalesce((SELECT id FROM positions WHERE name = 'start'), 0) ORDER BY id LIMIT 100",
).all();
for (const { id } of rows) {
  console.log("handled");
  database.prepare("INSERT OR REPLACE INTO positions VALUES ('start', ?)").run(Number(id));
}
database.close();
