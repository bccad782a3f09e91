/**
 * What the embedded broker does with files: its own, those of others, damaged, locked and full ones.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Connection } from "../../../src/brokers/sqlite/connection.ts";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import {
  BrokerUnavailableError,
  BrokerUnsupportedError,
  ClosedError,
} from "../../../src/domain/errors.ts";
import { append, handled, join, readNew, readOwn, told } from "../../contracts/contract.ts";
import { inFolder } from "./in_folder.ts";

Deno.test("openSqliteBroker finds everything again in its file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    const first = await openSqliteBroker({ path });
    await append(first, "1-0", "2-0");
    const ann = await join(first, "ann");
    await readNew(first, ann);
    await first.commit(ann, { token: "t", settlements: [handled("1-0")], withDone: false });
    const info = await first.streamInfo("orders");
    await first[Symbol.asyncDispose]();

    await using second = await openSqliteBroker({ path });
    assertEquals(await second.streamInfo("orders"), info);
    const again = await join(second, "ann");
    assertEquals(again.epoch, 2);
    assertEquals(told((await readOwn(second, again, { countDelivery: true })).entries), ["2-0 x2"]);
    const request = { token: "t", settlements: [handled("1-0")], withDone: false };
    assertEquals((await second.commit(again, request)).kind, "already");
    assertEquals(second.location, path);
  }));

Deno.test("openSqliteBroker writes safely: WAL, and to the disk at every commit", () =>
  inFolder((folder) => {
    const connection = Connection.open(`${folder}/tidemark.db`);
    const pragma = (name: string) => connection.database.prepare(`PRAGMA ${name}`).get()?.[name];
    assertEquals([pragma("journal_mode"), pragma("synchronous")], ["wal", 2]);
    connection.close();
    return Promise.resolve();
  }));

Deno.test("openSqliteBroker refuses another program's database and leaves it as it was", () =>
  inFolder(async (folder) => {
    const path = `${folder}/other.db`;
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('ann')");
    other.close();
    const before = await Deno.readFile(path);
    const error = await assertRejects(() => openSqliteBroker({ path }), BrokerUnsupportedError);
    assertStringIncludes(error.message, "another program");
    assertEquals(await Deno.readFile(path), before);
  }));

Deno.test("openSqliteBroker refuses what is no database and leaves it as it was", () =>
  inFolder(async (folder) => {
    const path = `${folder}/notes.txt`;
    const text = "Not a database at all.\n".repeat(100);
    await Deno.writeTextFile(path, text);
    const error = await assertRejects(() => openSqliteBroker({ path }), BrokerUnsupportedError);
    assertStringIncludes(error.message, "not an SQLite file");
    assertEquals(await Deno.readTextFile(path), text);
  }));

Deno.test("openSqliteBroker refuses a file of a newer version", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await (await openSqliteBroker({ path }))[Symbol.asyncDispose]();
    const newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 1000");
    newer.close();
    const error = await assertRejects(() => openSqliteBroker({ path }), BrokerUnsupportedError);
    assertStringIncludes(error.message, "schema version is 1000");
  }));

Deno.test("a damaged file is named as such", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    const first = await openSqliteBroker({ path });
    const fields = ["payload", "x".repeat(2_000)];
    await first.append("orders", Array.from({ length: 200 }, () => ({ fields })));
    await first[Symbol.asyncDispose]();
    using file = await Deno.open(path, { write: true });
    const { size } = await file.stat();
    await file.seek(4_096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(size - 4_096).fill(0x5a));

    const error = await assertRejects(async () => {
      await using broker = await openSqliteBroker({ path });
      await broker.range("orders", { count: 100 });
    }, BrokerUnsupportedError);
    assertStringIncludes(error.message, "damaged");
  }));

Deno.test("a file that another process has locked is unavailable for now", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const error = await assertRejects(() => append(broker, "1-0"), BrokerUnavailableError);
    assertEquals([error.reason, error.recovery], ["SQLITE_BUSY", "retry"]);
    assertEquals(await broker.range("orders", { count: 1 }), [], "reading goes on");
    other.exec("COMMIT");
    other.close();
    await append(broker, "1-0");
  }));

Deno.test("a full disk leaves nothing behind", () =>
  inFolder((folder) => {
    const connection = Connection.open(`${folder}/tidemark.db`);
    connection.database.exec("CREATE TABLE notes (text TEXT)");
    const pages = Number(connection.database.prepare("PRAGMA page_count").get()?.page_count);
    connection.database.exec(`PRAGMA max_page_count = ${pages}`);
    const insert = connection.statement("INSERT INTO notes VALUES (?)");
    let thrown: unknown = null;
    try {
      connection.write("fill the disk", () => {
        for (let count = 0; count < 100; count++) insert.run("x".repeat(1_000));
      });
    } catch (error) {
      thrown = error;
    }
    assertInstanceOf(thrown, BrokerUnavailableError);
    assertEquals(thrown.reason, "SQLITE_FULL");
    const count = connection.statement("SELECT count(*) AS notes FROM notes").get()?.notes;
    assertEquals([count, connection.database.isTransaction], [0, false]);
    connection.close();
    return Promise.resolve();
  }));

Deno.test("a path that cannot be opened is unavailable", () =>
  inFolder(async (folder) => {
    const path = `${folder}/missing/tidemark.db`;
    const error = await assertRejects(() => openSqliteBroker({ path }), BrokerUnavailableError);
    assertEquals(error.reason, "SQLITE_CANTOPEN");
    assertStringIncludes(error.message, `Cannot open the SQLite file "${path}": `);
  }));

Deno.test("a closed broker says so", async () => {
  const broker = await openSqliteBroker({ path: ":memory:" });
  await broker[Symbol.asyncDispose]();
  await assertRejects(() => append(broker, "1-0"), ClosedError);
  await assertRejects(() => broker.listStreams(), ClosedError);
});
