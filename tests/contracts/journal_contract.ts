/**
 * The contract of journals: made, changed, read and deleted.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ENTRY_ID_MAX } from "../../src/domain/entry_id.ts";
import { JournalChangedError, JournalMissingError } from "../../src/domain/journal_errors.ts";
import { EntryIdNotIncreasingError, StreamExhaustedError } from "../../src/domain/stream_errors.ts";
import { append, type Fact, idOf } from "./contract.ts";
import {
  change,
  EMPTY,
  entries,
  held,
  idsOf,
  lasting,
  LONG_MS,
  make,
  RUN,
  run,
  unnumbered,
} from "./journal_words.ts";

/** Defines the tests. */
export function testJournals(fact: Fact): void {
  fact("createJournal makes a journal once, and tells what is there", async (broker) => {
    const before = Date.now() - 1_000;
    const made = await broker.createJournal(RUN, { state: "{}", entries: entries("1-0", "2-0") });
    const facts = { length: 2, firstId: "1-0", lastId: "2-0", entriesAdded: 2 };
    assertEquals([made.created, made.ids, lasting(made.snapshot)], [true, ["1-0", "2-0"], {
      ...EMPTY,
      ...facts,
    }]);
    assert(made.snapshot.createdAtMs > before && made.snapshot.incarnation !== "");
    const again = await broker.createJournal(RUN, { state: "[]", entries: entries("9-0") });
    assertEquals(again, { created: false, snapshot: made.snapshot, ids: [] });
    assertEquals(await broker.loadJournal(RUN), made.snapshot);
    assertEquals(await held(broker), ["1-0", "2-0"]);
  });

  fact("loadJournal and readJournal are null where there is no journal", async (broker) => {
    assertEquals(await broker.loadJournal(RUN), null);
    assertEquals(await broker.readJournal(RUN, { count: 1 }), null);
    assertEquals(await broker.readJournal(RUN, { count: 1, touchMs: 10 }), null);
  });

  fact("version counts the changes of the state, not appends", async (broker) => {
    await make(broker);
    await change(broker, { entries: unnumbered(2) });
    await change(broker, { expireMs: LONG_MS });
    const { version, state } = await change(broker, { state: '{"a":1}' });
    assertEquals([version, state], [2, '{"a":1}']);
    assertEquals((await change(broker, { state: '{"a":1}' })).version, 3);
    assertEquals((await broker.loadJournal(RUN))?.version, 3);
  });

  fact("changeJournal changes state and entries together or not at all", async (broker) => {
    await make(broker, RUN, "1-0");
    const before = await broker.loadJournal(RUN);
    await assertRejects(
      () => change(broker, { state: "[1]", entries: entries("2-0", "2-0"), expireMs: 50 }),
      EntryIdNotIncreasingError,
      "2-0",
    );
    await assertRejects(
      () => change(broker, { state: "[1]", entries: [...unnumbered(1), ...entries("5-0")] }),
      EntryIdNotIncreasingError,
      "5-0",
    );
    assertEquals(await broker.loadJournal(RUN), before);
    const after = await change(broker, { state: "[1]", entries: entries("2-0", "3-5") });
    const facts = { length: 3, firstId: "1-0", lastId: "3-5", entriesAdded: 3 };
    assertEquals(lasting(after), { ...EMPTY, ...facts, state: "[1]", version: 2 });
    assertEquals(await held(broker), ["1-0", "2-0", "3-5"]);
  });

  fact("a change that comes too late is refused with what is there", async (broker) => {
    const { incarnation } = await make(broker);
    await change(broker, { state: "[2]", ifVersion: 1, ifIncarnation: incarnation });
    const changes = [{ ifVersion: 1 }, { ifVersion: 3 }, { ifIncarnation: "another" }];
    for (const wanted of changes) {
      const late = { ...wanted, state: "[9]", entries: unnumbered(1), expireMs: 5 };
      const error = await assertRejects(() => change(broker, late), JournalChangedError);
      assertEquals(error.code, "JOURNAL_CHANGED");
      assertEquals(error.snapshot, await broker.loadJournal(RUN));
    }
    assertEquals(lasting(await broker.loadJournal(RUN)), { ...EMPTY, state: "[2]", version: 2 });
    // Appending does not disturb who changes the state.
    await change(broker, { entries: unnumbered(1) });
    assertEquals((await change(broker, { state: "[3]", ifVersion: 2 })).version, 3);
  });

  fact("of many changes of one version one succeeds", async (broker) => {
    await make(broker);
    const changes = Array.from(
      { length: 20 },
      (_, index) =>
        broker.changeJournal(RUN, { ifVersion: 1, state: `[${index}]`, entries: unnumbered(1) })
          .then(() => index, (error) => error.code),
    );
    const outcomes = await Promise.all(changes);
    const winners = outcomes.filter((outcome) => outcome !== "JOURNAL_CHANGED");
    assertEquals(winners.length, 1);
    const snapshot = await broker.loadJournal(RUN);
    assertEquals([snapshot?.state, snapshot?.length], [`[${winners[0]}]`, 1]);
  });

  fact("changeJournal refuses a journal that does not exist", async (broker) => {
    const error = await assertRejects(
      () => change(broker, { entries: unnumbered(1), token: "t" }),
      JournalMissingError,
    );
    assertEquals([error.code, error.journal], ["JOURNAL_MISSING", RUN]);
    assertEquals(await broker.loadJournal(RUN), null);
  });

  fact("ids that the broker assigns rise, also behind a future one", async (broker) => {
    await make(broker);
    const startMs = Date.now() - 1_000;
    const first = await broker.changeJournal(RUN, { entries: unnumbered(3) });
    assertEquals([...first.ids], await held(broker));
    assert(Number(first.ids[0]?.split("-")[0]) >= startMs);
    const far = "9007199254740993000-18446744073709551614";
    const { ids } = await broker.changeJournal(RUN, {
      entries: [...entries(far), ...unnumbered(3), ...entries("9007199254740993002-7")],
    });
    assertEquals([...ids], [
      idOf(far),
      "9007199254740993000-18446744073709551615",
      "9007199254740993001-0",
      "9007199254740993001-1",
      "9007199254740993002-7",
    ]);
    assertEquals(await held(broker), [...first.ids, ...ids]);
  });

  fact("T17: a journal that holds the largest id takes no further entry", async (broker) => {
    await make(broker);
    await assertRejects(
      () => change(broker, { entries: [...entries(ENTRY_ID_MAX), ...unnumbered(1)] }),
      StreamExhaustedError,
    );
    await change(broker, { entries: entries(ENTRY_ID_MAX) });
    await assertRejects(() => change(broker, { entries: unnumbered(1) }), StreamExhaustedError);
    assertEquals((await change(broker, { state: "[1]" })).lastId, ENTRY_ID_MAX);
    assertEquals(
      await broker.readJournal(RUN, { afterId: ENTRY_ID_MAX, count: 5 }).then((page) =>
        page?.entries
      ),
      [],
    );
  });

  fact("entries of every kind of value come back as they were", async (broker) => {
    const fields = ["a", "☂", "a", "", "", "x", "__proto__", "\0", "b", new Uint8Array([255, 0])];
    const text = ["only", "text \ufffd"];
    await make(broker);
    await change(broker, { entries: [{ fields }, { fields: text }] });
    const page = await broker.readJournal(RUN, { count: 10 });
    assertEquals(page?.entries.map((entry) => entry.fields), [fields, text]);
    assertEquals(page?.snapshot, await broker.loadJournal(RUN));
  });

  fact("lengthMax trims the oldest, exactly, and says up to where", async (broker) => {
    await broker.createJournal(RUN, { state: "{}", entries: entries("1-0", "2-0"), lengthMax: 1 });
    const made = await broker.loadJournal(RUN);
    const facts = { length: 1, firstId: "2-0", lastId: "2-0", trimmedId: "1-0", entriesAdded: 2 };
    assertEquals(lasting(made), { ...EMPTY, ...facts });
    const lengths: unknown[] = [];
    for (const [lengthMax, ...ids] of [[5, "3-0"], [3, "4-0", "5-0"], [2, "6-0"], [9]]) {
      const added = entries(...ids.map(String));
      const { firstId, trimmedId, length } = await change(broker, {
        entries: added,
        lengthMax: Number(lengthMax),
      });
      lengths.push([firstId, trimmedId, length]);
    }
    assertEquals(lengths, [
      ["2-0", "1-0", 2],
      ["3-0", "2-0", 3],
      ["5-0", "4-0", 2],
      ["5-0", "4-0", 2],
    ]);
    assertEquals(await held(broker), ["5-0", "6-0"]);
    const { firstId, lastId, trimmedId, length, entriesAdded } = await change(broker, {
      lengthMax: 0,
    });
    assertEquals([firstId, lastId, trimmedId, length, entriesAdded], [null, "6-0", "6-0", 0, 6]);
    assertEquals((await change(broker, { entries: entries("7-0") })).firstId, "7-0");
  });

  fact("readJournal reads a range, and the snapshot with it", async (broker) => {
    const snapshot = await make(broker, RUN, "1-0", "1-5", "2-0", "3-0");
    const pages = [
      await broker.readJournal(RUN, { count: 2 }),
      await broker.readJournal(RUN, { afterId: idOf("1-5"), count: 10 }),
      await broker.readJournal(RUN, { from: idOf("1-5"), to: idOf("2-0"), count: 10 }),
      await broker.readJournal(RUN, { afterId: idOf("0-0"), to: idOf("1-4"), count: 10 }),
      await broker.readJournal(RUN, { afterId: idOf("3-0"), count: 10 }),
      await broker.readJournal(RUN, { from: idOf("9-0"), to: idOf("1-0"), count: 10 }),
    ];
    assertEquals(pages.map((page) => idsOf(page?.entries ?? []).join(" ")), [
      "1-0 1-5",
      "2-0 3-0",
      "1-5 2-0",
      "1-0",
      "",
      "",
    ]);
    for (const page of pages) assertEquals(page?.snapshot, snapshot);
  });

  fact("bytesMax ends a page, but not before one entry", async (broker) => {
    await make(broker);
    const sizes = [10, 3_000, 10, 10, 10, 5_000, 10];
    const sized = sizes.map((size) => ({ fields: ["n", "x".repeat(size - 1)] }));
    await change(broker, { entries: sized });
    const counts: unknown[] = [];
    for (const bytesMax of [1, 10, 3_009, 3_010, 3_040, 8_039, 8_040, 9_000]) {
      const page = await broker.readJournal(RUN, { count: 10, bytesMax });
      counts.push(page?.entries.length);
    }
    assertEquals(counts, [1, 1, 1, 2, 5, 5, 6, 7]);
    const umbrellas = await broker.createJournal(run("8"), { state: "{}", entries: [] });
    assert(umbrellas.created);
    const wide = Array.from({ length: 100 }, () => ({ fields: ["n", "☂".repeat(333)] }));
    await broker.changeJournal(run("8"), { entries: wide });
    const page = await broker.readJournal(run("8"), { count: 100, bytesMax: 50_000 });
    assertEquals(page?.entries.length, 50, "bytes count, not characters");
  });

  fact("journals are no streams, and streams no journals", async (broker) => {
    await make(broker, run("orders"), "1-0");
    await append(broker, "2-0");
    assertEquals(await broker.listStreams(), ["orders"]);
    await broker.deleteStream("orders");
    assertEquals(await held(broker, run("orders")), ["1-0"]);
    await broker.deleteJournal(run("orders"));
    assertEquals(await broker.listStreams(), []);
  });
}
