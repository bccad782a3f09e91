/**
 * Files that an older version of this program has made are brought up to date when they are opened.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { BrokerUnavailableError } from "../../../src/domain/errors.ts";
import { append, handled, join, readNew, readOwn, told } from "../../contracts/contract.ts";
import { inFolder } from "./in_folder.ts";

/** What version 1 did not have. */
const NEWER_TABLES = [
  "instances",
  "journals",
  "journal_states",
  "journal_entries",
  "journal_tokens",
  "journal_count",
];

/** Makes a file with work in it, as version 1 of the tables would hold it. */
async function makeOldFile(path: string): Promise<void> {
  const broker = await openSqliteBroker({ path });
  await append(broker, "1-0", "2-0");
  const ann = await join(broker, "ann");
  await readNew(broker, ann);
  await broker.commit(ann, { token: "t", settlements: [handled("1-0")], withDone: false });
  await broker[Symbol.asyncDispose]();
  const database = new DatabaseSync(path);
  for (const table of NEWER_TABLES) database.exec(`DROP TABLE tidemark_${table}`);
  database.exec("ALTER TABLE tidemark_consumers DROP COLUMN ticket");
  database.exec("ALTER TABLE tidemark_groups DROP COLUMN skipped_count");
  database.exec("ALTER TABLE tidemark_groups DROP COLUMN skipped_after");
  database.exec("PRAGMA user_version = 1");
  database.close();
}

function versionOf(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const version = database.prepare("PRAGMA user_version").get()?.user_version;
  database.close();
  return version;
}

Deno.test("openSqliteBroker brings a file of version 1 up to date and keeps what is in it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await makeOldFile(path);
    await using broker = await openSqliteBroker({ path });
    assertEquals(versionOf(path), 5);
    await broker.announce("web", "1", 60_000);
    assertEquals((await broker.listInstances()).map(({ text }) => text), ["1"]);
    const { created } = await broker.createJournal({ space: "runs", name: "7" }, { state: "{}" });
    assertEquals(created, true);
    const ann = await join(broker, "ann");
    assertEquals(ann.epoch, 2);
    assertEquals(told((await readOwn(broker, ann, { countDelivery: true })).entries), ["2-0 x2"]);
    assertEquals(await broker.findUnreadLoss(ann, { account: true }), null);
  }));

Deno.test("openSqliteBroker brings a file up to date once, whoever opens it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await makeOldFile(path);
    const brokers = await Promise.all([1, 2, 3].map(() => openSqliteBroker({ path })));
    for (const broker of brokers) {
      assertEquals(await broker.listStreams(), ["orders"]);
      await broker[Symbol.asyncDispose]();
    }
    assertEquals(versionOf(path), 5);
  }));

Deno.test("a file that cannot be brought up to date now is left as it was", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await makeOldFile(path);
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    await assertRejects(() => openSqliteBroker({ path }), BrokerUnavailableError);
    other.exec("ROLLBACK");
    other.close();
    assertEquals(versionOf(path), 1);
    await using broker = await openSqliteBroker({ path });
    assertEquals(await broker.listInstances(), []);
  }));
