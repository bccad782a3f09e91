/**
 * The contract of journals: calls that are made again, and how journals end.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { JournalChangedError, JournalMissingError } from "../../src/domain/journal_errors.ts";
import { JOURNAL_TOKENS_MAX } from "../../src/ports/journal_store.ts";
import { eventually } from "../support/eventually.ts";
import type { Fact } from "./contract.ts";
import {
  change,
  EMPTY,
  entries,
  held,
  lasting,
  LONG_MS,
  make,
  RUN,
  unnumbered,
} from "./journal_words.ts";

/** Defines the tests. */
export function testJournalLives(fact: Fact): void {
  fact("a token makes a change land once, and tells its ids again", async (broker) => {
    await make(broker);
    const once = { token: "t1", state: "[1]", ifVersion: 1, entries: unnumbered(3) };
    const first = await broker.changeJournal(RUN, once);
    await change(broker, { entries: unnumbered(2), lengthMax: 1 });
    const again = await broker.changeJournal(RUN, once);
    assertEquals([first.already, again.already, again.ids], [false, true, first.ids]);
    assertEquals(again.snapshot, await broker.loadJournal(RUN));
    assertEquals([again.snapshot.version, again.snapshot.entriesAdded], [2, 5]);
    // A refused change did not land.
    await assertRejects(() => change(broker, { token: "t2", ifVersion: 1 }), JournalChangedError);
    assertEquals((await broker.changeJournal(RUN, { token: "t2" })).already, false);
  });

  fact("a token tells the ids of the first call, whatever the second one asks", async (broker) => {
    await broker.createJournal(RUN, { state: "{}" });
    const ids: EntryId[] = ["5-1", "5-2", "7-3", "9-9"];
    const entries = ids.map((id) => ({ id, fields: ["n", "1"] }));
    await broker.changeJournal(RUN, { token: "t", entries });
    await broker.changeJournal(RUN, { entries: unnumbered(4) });
    const again = await broker.changeJournal(RUN, { token: "t", entries: unnumbered(2) });
    assertEquals([again.already, again.ids, again.snapshot.length], [true, ids, 8]);
    assertEquals((await broker.changeJournal(RUN, { token: "t" })).ids, ids);
  });

  fact("a token tells who made a journal", async (broker) => {
    const mine = { state: "{}", token: "mine", entries: unnumbered(2) };
    const made = await broker.createJournal(RUN, mine);
    assertEquals(await broker.createJournal(RUN, mine), made);
    assertEquals((await broker.createJournal(RUN, { ...mine, token: "theirs" })).created, false);
    // The next life knows nothing of it.
    await broker.deleteJournal(RUN);
    const next = await broker.createJournal(RUN, mine);
    assert(next.created && next.snapshot.incarnation !== made.snapshot.incarnation);
    assertEquals((await held(broker)).length, 2);
  });

  fact("as many tokens as promised are remembered, and no more", async (broker) => {
    await make(broker);
    const oldest = { token: "oldest", entries: unnumbered(1) };
    await broker.changeJournal(RUN, oldest);
    for (let count = 1; count < JOURNAL_TOKENS_MAX; count++) {
      await broker.changeJournal(RUN, { token: `t${count}` });
    }
    assertEquals((await broker.changeJournal(RUN, oldest)).already, true);
    await broker.changeJournal(RUN, { token: "one more" });
    assertEquals((await broker.changeJournal(RUN, { token: "t1" })).already, true);
    assertEquals((await broker.changeJournal(RUN, oldest)).already, false);
  });

  fact("a journal vanishes when its time is over, whole", async (broker) => {
    const { snapshot } = await broker.createJournal(RUN, {
      state: "{}",
      expireMs: 60,
      entries: unnumbered(2),
      token: "t",
    });
    const { expiresInMs } = snapshot;
    assert(expiresInMs !== null && expiresInMs > 0 && expiresInMs <= 60, String(expiresInMs));
    await eventually("it vanishes", async () => await broker.loadJournal(RUN) === null);
    assertEquals(await broker.readJournal(RUN, { count: 1, touchMs: LONG_MS }), null);
    await assertRejects(() => change(broker, { expireMs: null }), JournalMissingError);
    assertEquals(await broker.deleteJournal(RUN), false);
    assertEquals((await broker.listJournals("runs", { limit: 10 })).journals, []);
    const anew = await broker.createJournal(RUN, { state: "{}", token: "t" });
    assertEquals(lasting(anew.snapshot), EMPTY);
    assert(anew.snapshot.incarnation !== snapshot.incarnation);
    assertEquals(await held(broker), []);
  });

  fact("an expiry is set, kept, renewed by reading, and taken back", async (broker) => {
    await make(broker);
    const expires = async () => {
      const { expiresInMs = null } = await broker.loadJournal(RUN) ?? {};
      return expiresInMs === null ? null : Math.min(99, Math.ceil(expiresInMs / 100_000));
    };
    const seen = [await expires()];
    for (
      const step of [
        () => change(broker, { expireMs: LONG_MS }),
        () => change(broker, { state: "[]", entries: unnumbered(1) }),
        () => broker.readJournal(RUN, { count: 1 }),
        () => broker.readJournal(RUN, { count: 1, touchMs: 2 * LONG_MS }),
        () => change(broker, { expireAtMs: Date.now() + 3 * LONG_MS }),
        () => change(broker, { expireMs: null }),
        () => change(broker, { expireAtMs: 8_640_000_000_000_000 }),
        () => change(broker, { expireMs: null }),
        () => broker.readJournal(RUN, { count: 1, touchMs: LONG_MS }),
      ]
    ) {
      await step();
      seen.push(await expires());
    }
    assertEquals(seen, [null, 6, 6, 6, 12, 18, null, 99, null, 6]);
    await change(broker, { lengthMax: 0, expireMs: 50 });
    await change(broker, { entries: unnumbered(1), expireMs: null });
    await change(broker, { expireMs: 50 });
    await eventually("entries and state vanish", async () => (await held(broker)).length === 0);
  });

  fact("an expiry in the past is carried out at once", async (broker) => {
    await make(broker, RUN, "1-0");
    const last = await change(broker, { state: "[1]", entries: entries("2-0"), expireAtMs: 1_000 });
    assertEquals([last.state, last.lastId, last.expiresInMs], ["[1]", "2-0", 0]);
    assertEquals(await broker.loadJournal(RUN), null);
    const stillborn = await broker.createJournal(RUN, { state: "{}", expireAtMs: 1 });
    assertEquals([stillborn.created, await broker.loadJournal(RUN)], [true, null]);
  });

  fact("deleteJournal removes a journal once, and only as it was seen", async (broker) => {
    const first = await make(broker, RUN, "1-0");
    await change(broker, { state: "[1]" });
    const error = await assertRejects(
      () => broker.deleteJournal(RUN, { ifVersion: 1 }),
      JournalChangedError,
    );
    assertEquals(error.snapshot.version, 2);
    assertEquals(await broker.deleteJournal(RUN, { ifVersion: 2 }), true);
    assertEquals(await broker.deleteJournal(RUN, { ifVersion: 2 }), false);
    assertEquals(await broker.deleteJournal(RUN), false);
    const again = await make(broker, RUN, "1-0");
    assertEquals(lasting(again), lasting(first));
    assert(again.incarnation !== first.incarnation);
    // The same version of another life.
    const { version: ifVersion, incarnation: ifIncarnation } = first;
    const changed = await assertRejects(
      () => broker.deleteJournal(RUN, { ifVersion, ifIncarnation }),
      JournalChangedError,
    );
    assertEquals(changed.snapshot.incarnation, again.incarnation);
    const present = { ifIncarnation: again.incarnation };
    assertEquals(await broker.deleteJournal(RUN, present), true);
    assertEquals(await broker.deleteJournal(RUN, present), false);
    await assertRejects(() => broker.deleteJournal(RUN, { ifIncarnation: "" }), InvalidOptionError);
  });
}
