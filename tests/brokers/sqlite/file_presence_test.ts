/**
 * A database file that is deleted, moved or replaced under an open broker: it is noticed within a second, and nothing more
 * is written into what nobody can open any more.
 *
 * @module
 */

import { relative } from "node:path";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Connection } from "../../../src/brokers/sqlite/connection.ts";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { BrokerUnsupportedError } from "../../../src/domain/errors.ts";
import { eventually } from "../../support/eventually.ts";
import { append } from "../../contracts/contract.ts";
import { inFolder } from "./in_folder.ts";

/** An open file with a table, and a clock that only the test moves. */
function openCounted(path: string) {
  let nowMs = 5_000;
  const connection = Connection.open(path, { nowMs: () => nowMs });
  connection.write("make", () => connection.database.exec("CREATE TABLE IF NOT EXISTS t (n)"));
  const count = () => connection.database.prepare("SELECT count(*) AS n FROM t").get()?.n;
  return {
    count,
    later: (ms: number) => void (nowMs += ms),
    add: () => connection.write("add", () => connection.database.exec("INSERT INTO t VALUES (1)")),
    read: () => connection.read("read", count),
    glance: () => connection.glance("glance", count),
    [Symbol.dispose]: () => connection.close(),
  };
}

function refused(call: () => unknown): string {
  return assertThrows(call, BrokerUnsupportedError).message;
}

Deno.test("Connection notices within a second that its file was deleted, and writes nothing more", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    using open = openCounted(path);
    for (const each of ["", "-wal", "-shm"]) await Deno.remove(`${path}${each}`);
    const what =
      `SQLite file "${path}" was deleted or moved away while it was open, put it back or start again with the one that is there`;
    open.later(1_000);
    assertEquals(refused(open.add), `Cannot add: ${what}`);
    // And at once again, not a second later.
    assertEquals([refused(open.add), refused(open.read), refused(open.glance)], [
      `Cannot add: ${what}`,
      `Cannot read: ${what}`,
      `Cannot glance: ${what}`,
    ]);
    assertEquals(open.count(), 0);
  }));

Deno.test("Connection notices that another file was put in the place of its own", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    const other = `${folder}/other.db`;
    Connection.open(other).close();
    using open = openCounted(path);
    await Deno.rename(other, path);
    open.later(1_000);
    assertEquals(refused(open.add).includes("was replaced by another file while"), true);
  }));

Deno.test("Connection goes on when its file is put back, and looks once a second", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    using open = openCounted(path);
    await Deno.rename(path, `${path}.away`);
    open.later(999);
    open.add();
    open.later(1);
    refused(open.add);
    await Deno.rename(`${path}.away`, path);
    open.add();
    assertEquals(open.read(), 2);
  }));

Deno.test("Connection looks for no file where there is none", () => {
  using open = openCounted(":memory:");
  open.later(10_000);
  open.add();
  assertEquals(open.read(), 1);
});

Deno.test("Connection looks after a file whose path begins at the program's folder", () =>
  inFolder(async (folder) => {
    const path = relative(Deno.cwd(), `${folder}/tidemark.db`);
    using open = openCounted(path);
    open.later(1_000);
    open.add();
    await Deno.remove(path);
    open.later(1_000);
    refused(open.add);
  }));

Deno.test("openSqliteBroker refuses every call once its file was deleted", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    await append(broker, "1-0");
    await Deno.remove(path);
    const isRefused = () =>
      broker.streamInfo("orders").then(
        () => false,
        (error) => error instanceof BrokerUnsupportedError,
      );
    await eventually("it is noticed", isRefused);
    await assertRejects(() => append(broker, "2-0"), BrokerUnsupportedError);
    await assertRejects(
      () => broker.loadJournal({ space: "runs", name: "a" }),
      BrokerUnsupportedError,
    );
  }));
