/** The checkpoint store in an SQLite file keeps the contract of the port. */

import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openSqliteCheckpointStore } from "../../src/brokers/sqlite/sqlite_checkpoint_store.ts";
import { BrokerUnsupportedError } from "../../src/domain/errors.ts";
import { type CheckpointPlace, checkpointStoreContract } from "./checkpoint_store_contract.ts";

async function makeFile(): Promise<CheckpointPlace> {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/checkpoints.db`;
  return {
    open: () => openSqliteCheckpointStore({ path }),
    async openBeforeItIsThere() {
      const late = `${dir}/late`;
      const store = openSqliteCheckpointStore({ path: `${late}/checkpoints.db` });
      return { store, appear: () => Deno.mkdir(late) };
    },
    async plant(stream, group, text) {
      using file = new DatabaseSync(path);
      file.prepare("INSERT INTO tidemark_checkpoints VALUES (?, ?, '', ?)").run(
        stream,
        group,
        text,
      );
    },
    async movedAside(stream, group) {
      using file = new DatabaseSync(path);
      return file.prepare(
        'SELECT checkpoint FROM tidemark_quarantine WHERE stream = ? AND "group" = ? ORDER BY 1',
      ).all(stream, group).map((row) => String(row.checkpoint));
    },
    async ownOf(stream, group, consumer) {
      using file = new DatabaseSync(path);
      const row = file.prepare(
        'SELECT checkpoint FROM tidemark_checkpoints WHERE stream = ? AND "group" = ? AND consumer = ?',
      ).get(stream, group, consumer);
      return row === undefined ? null : String(row.checkpoint);
    },
    async breakDown() {
      const other = new DatabaseSync(path);
      other.exec("BEGIN IMMEDIATE");
      return async () => other.close();
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

checkpointStoreContract("openSqliteCheckpointStore", makeFile, { loadsDuringOutage: true });

Deno.test("openSqliteCheckpointStore refuses another program's file and leaves it alone", async () => {
  const path = await Deno.makeTempFile();
  try {
    using file = new DatabaseSync(path);
    file.exec("CREATE TABLE addresses (name TEXT)");
    assertThrows(
      () => openSqliteCheckpointStore({ path }),
      BrokerUnsupportedError,
      "another program",
    );
    assertEquals(file.prepare("SELECT name FROM sqlite_schema").all().map((row) => row.name), [
      "addresses",
    ]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("openSqliteCheckpointStore keeps checkpoints in memory where the path says so", async () => {
  await using store = openSqliteCheckpointStore({ path: ":memory:" });
  assertEquals(await store.load("orders", "billing"), null);
});
