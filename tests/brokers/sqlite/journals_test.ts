/**
 * Journals in SQLite: several processes on one file, exact times, and how the rows of those that are gone leave.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { JournalDamagedError } from "../../../src/domain/journal_errors.ts";
import { listLargeStates } from "../../contracts/journal_place_contract.ts";
import {
  change,
  held,
  Listener,
  make,
  RUN,
  run,
  unnumbered,
} from "../../contracts/journal_words.ts";
import { eventually } from "../../support/eventually.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";
import { inFolder } from "./in_folder.ts";

/** How many rows a table of the file has. */
function rowsOf(path: string, table: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare(`SELECT count(*) AS rows FROM tidemark_${table}`).get();
  database.close();
  return row?.rows;
}

Deno.test("two processes append to one journal while a third one watches: all of it, in order", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    await make(broker);
    const told: string[] = [];
    const delaysMs: number[] = [];
    await using listener = new Listener(broker, {
      onNews: ({ entries }) => {
        for (const { fields } of entries) {
          told.push(`${fields[0]} ${fields[1]}`);
          delaysMs.push(Date.now() - Number(fields[3]));
        }
      },
    });
    listener.watch.add(RUN, "0-0");
    const script = new URL("./journal_process.ts", import.meta.url).pathname;
    const count = 100;
    const processes = ["ann", "bob"].map((name) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-lock", "--allow-read", "--allow-write", script, path, name, `${count}`],
        stdout: "null",
      }).spawn()
    );
    for (const process of processes) assertEquals((await process.status).code, 0);
    await eventually("all is told", () => told.length >= 2 * count);
    for (const name of ["ann", "bob"]) {
      const own = told.filter((text) => text.startsWith(name));
      assertEquals(own, Array.from({ length: count }, (_, index) => `${name} ${index}`));
    }
    const snapshot = await broker.loadJournal(RUN);
    assertEquals([snapshot?.entriesAdded, snapshot?.version], [2 * count, 1 + 2 * count / 10]);
    assertEquals(listener.entriesOf("7"), await held(broker));
    const sorted = delaysMs.toSorted((a, b) => a - b);
    assert((sorted[count] ?? Infinity) < 150, `half of them took ${sorted[count]} ms`);
  }));

Deno.test("a watch sees what another connection changes, makes anew and deletes", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using reader = await openSqliteBroker({ path });
    await using writer = await openSqliteBroker({ path });
    for (const name of ["a", "b", "c"]) await make(writer, run(name));
    await using listener = new Listener(reader);
    for (const name of ["a", "b", "c"]) listener.watch.add(run(name), "0-0");
    await eventually("all are told", () => listener.told.length === 3);
    await writer.changeJournal(run("a"), { state: "[1]" });
    await eventually("the state is told", () => listener.told.length === 4);
    await writer.deleteJournal(run("b"));
    await make(writer, run("b"), "1-0");
    await eventually("the end is told", () => listener.told.length === 5);
    await writer.deleteJournal(run("c"));
    await eventually("the other end is told", () => listener.told.length === 6);
    assertEquals(listener.told.slice(3), ["a |  | v2", "b | gone", "c | gone"]);
    assertEquals(listener.troubles, []);
  }));

Deno.test("a journal lives to the millisecond, and tells the rest of its life exactly", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await broker.createJournal(RUN, { state: "{}", expireMs: 1_000, entries: unnumbered(1) });
  clock.jump(999);
  assertEquals((await broker.loadJournal(RUN))?.expiresInMs, 1);
  const page = await broker.readJournal(RUN, { count: 1, touchMs: 500 });
  assertEquals(page?.snapshot.expiresInMs, 500);
  clock.jump(500);
  assertEquals((await broker.loadJournal(RUN))?.expiresInMs, 0);
  clock.jump(1);
  assertEquals(await broker.loadJournal(RUN), null);
  const { snapshot } = await broker.createJournal(RUN, { state: "{}", expireAtMs: 1_002_500 });
  assertEquals([snapshot.createdAtMs, snapshot.expiresInMs], [1_001_500, 1_000]);
});

Deno.test("a watch tells of an expiry when its time has come, not before", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await broker.createJournal(RUN, { state: "{}", expireMs: 1_000 });
  await broker.createJournal(run("8"), { state: "{}", expireMs: 100_000 });
  await using listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  listener.watch.add(run("8"), "0-0");
  await clock.advance(1_000);
  assertEquals(listener.told, ["7 |  | v1", "8 |  | v1"]);
  await clock.advance(10);
  assertEquals(listener.told.slice(2), ["7 | gone"]);
  await broker.readJournal(run("8"), { count: 1, touchMs: 150_000 });
  await clock.advance(120_000);
  assertEquals(listener.told.length, 3);
  await clock.advance(40_000);
  assertEquals(listener.told.slice(3), ["8 | gone"]);
});

Deno.test("a clock that was set back makes no id and no age run backwards", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await make(broker);
  const { ids: [first] } = await broker.changeJournal(RUN, { entries: unnumbered(1) });
  clock.jump(-500);
  const { ids } = await broker.changeJournal(RUN, { entries: unnumbered(2) });
  assertEquals([first, ...ids], ["1000000-0", "1000000-1", "1000000-2"]);
});

Deno.test("a token is forgotten after ten minutes", async () => {
  const clock = new VirtualClock();
  await using broker = await openSqliteBroker({ path: ":memory:", clock });
  await make(broker);
  const once = { token: "t", entries: unnumbered(1) };
  await broker.changeJournal(RUN, once);
  clock.jump(600_000);
  assertEquals((await broker.changeJournal(RUN, once)).already, true);
  clock.jump(1);
  assertEquals((await broker.changeJournal(RUN, once)).already, false);
  assertEquals((await broker.loadJournal(RUN))?.length, 2);
});

Deno.test("deleteJournal leaves no row behind, however long the journal", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    await make(broker);
    for (let count = 0; count < 3; count++) await change(broker, { entries: unnumbered(1_000) });
    await change(broker, { token: "t" });
    await broker.deleteJournal(RUN);
    const tables = ["journals", "journal_states", "journal_entries", "journal_tokens"];
    assertEquals(tables.map((table) => rowsOf(path, table)), [0, 0, 0, 0]);
  }));

Deno.test("whoever writes removes more of what has expired than he adds", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    const clock = new VirtualClock();
    await using broker = await openSqliteBroker({ path, clock });
    for (let count = 0; count < 5; count++) {
      const journal = run(`dead-${count}`);
      await broker.createJournal(journal, { state: "{}", entries: unnumbered(900), expireMs: 1 });
    }
    clock.jump(10);
    await make(broker);
    const written = 40;
    for (let count = 0; count < written; count++) {
      await change(broker, { entries: unnumbered(100) });
    }
    assertEquals(rowsOf(path, "journal_entries"), written * 100);
    assertEquals(rowsOf(path, "journals"), 1);
  }));

Deno.test("a journal whose rows were tampered with is refused, not listed, and deleted", () =>
  inFolder(async (folder) => {
    const path = `${folder}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    const damages = [
      "UPDATE tidemark_journals SET last_id = 'x' WHERE name = '7'",
      "UPDATE tidemark_journals SET trimmed_id = '' WHERE name = '7'",
      "DELETE FROM tidemark_journal_states",
      "UPDATE tidemark_journal_entries SET id = 'zzz'",
    ];
    for (const damage of damages) {
      await make(broker, RUN, "1-0");
      const database = new DatabaseSync(path);
      database.exec(damage);
      database.close();
      for (
        const call of [
          () => broker.loadJournal(RUN),
          () => broker.readJournal(RUN, { count: 1 }),
          () => change(broker, { state: "[]" }),
        ]
      ) await assertRejects(call, JournalDamagedError);
      assertEquals((await broker.listJournals("runs", { limit: 5 })).journals, []);
      assertEquals(await broker.deleteJournal(RUN), true);
    }
    assertEquals(rowsOf(path, "journals"), 0);
  }));

Deno.test("journals of the largest size are listed and read whole", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await listLargeStates(broker);
});
