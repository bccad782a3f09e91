/**
 * A program that holds the write lock of a SQLite file, as somebody's backup or shell may do, until its standard input
 * ends. Its only argument is the path.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** It waits for the lock behind the service, which writes all the time. */
const BUSY_TIMEOUT_MS = 20_000;

if (import.meta.main) {
  const database = new DatabaseSync(Deno.args[0] ?? "");
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  database.exec("BEGIN EXCLUSIVE");
  console.log("locked");
  for await (const _ of Deno.stdin.readable);
}
