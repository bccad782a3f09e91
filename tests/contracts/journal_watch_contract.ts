/**
 * The contract of watching journals.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { ClosedError, InvalidNameError, InvalidOptionError } from "../../src/domain/errors.ts";
import { eventually } from "../support/eventually.ts";
import { type Fact, idOf } from "./contract.ts";
import { change, entries, Listener, make, RUN, run, unnumbered } from "./journal_words.ts";

/** Waits until so many things were told. */
function until(listener: Listener, count: number): Promise<void> {
  return eventually(`${count} news are told`, () => listener.told.length >= count);
}

/** Defines the tests. */
export function testJournalWatches(fact: Fact): void {
  fact("a watch tells what is there, what comes, changes and the end", async (broker) => {
    await make(broker, RUN, "1-0", "2-0");
    await using listener = new Listener(broker);
    listener.watch.add(RUN, "1-0");
    await until(listener, 1);
    await change(broker, { entries: entries("3-0", "4-0") });
    await until(listener, 2);
    await change(broker, { state: '{"status":"ended"}' });
    await until(listener, 3);
    await change(broker, { state: "[]", entries: entries("5-0"), ifVersion: 2 });
    await until(listener, 4);
    await broker.deleteJournal(RUN);
    await until(listener, 5);
    assertEquals(listener.told, [
      "7 | 2-0 | v1",
      "7 | 3-0 4-0 | v1",
      "7 |  | v2",
      "7 | 5-0 | v3",
      "7 | gone",
    ]);
    assertEquals([listener.watch.size, listener.troubles], [0, []]);
  });

  fact("the first news come also when there is nothing new, or no journal", async (broker) => {
    await make(broker, RUN, "1-0");
    await using listener = new Listener(broker);
    listener.watch.add(RUN, idOf("9-0"));
    listener.watch.add(run("8"), "0-0");
    await until(listener, 2);
    assertEquals(listener.told.toSorted(), ["7 |  | v1", "8 | gone"]);
    assertEquals(listener.watch.size, 1);
    // A position beyond the end tells what lies beyond it.
    await change(broker, { entries: entries("8-0") });
    await change(broker, { entries: entries("9-1") });
    await eventually("it is told", () => listener.entriesOf("7").length > 0);
    assertEquals(listener.entriesOf("7"), ["9-1"]);
  });

  fact("a watch tells when a journal expires, and when that was put off", async (broker) => {
    await broker.createJournal(RUN, { state: "{}", expireMs: 60 });
    await broker.createJournal(run("8"), { state: "{}", expireMs: 200 });
    await using listener = new Listener(broker);
    listener.watch.add(RUN, "0-0");
    listener.watch.add(run("8"), "0-0");
    await until(listener, 2);
    await broker.readJournal(run("8"), { count: 1, touchMs: 300 });
    await until(listener, 3);
    assertEquals(listener.told.at(-1), "7 | gone");
    await until(listener, 4);
    assertEquals(listener.told.at(-1), "8 | gone");
    assertEquals(await broker.loadJournal(run("8")), null);
  });

  fact("a journal that was made anew is told as gone", async (broker) => {
    await make(broker, RUN, "1-0");
    await using listener = new Listener(broker);
    listener.watch.add(RUN, "0-0");
    await until(listener, 1);
    await Promise.all([broker.deleteJournal(RUN), make(broker, RUN, "1-0", "2-0")]);
    await until(listener, 2);
    listener.watch.add(RUN, "0-0");
    await until(listener, 3);
    assertEquals(listener.told, ["7 | 1-0 | v1", "7 | gone", "7 | 1-0 2-0 | v1"]);
  });

  fact("what was trimmed before it could be told is told as a gap", async (broker) => {
    await make(broker, RUN, "1-0", "2-0", "3-0", "4-0");
    await change(broker, { lengthMax: 2 });
    await using listener = new Listener(broker);
    listener.watch.add(RUN, "0-0");
    await until(listener, 1);
    listener.watch.add(RUN, "1-0");
    await until(listener, 2);
    listener.watch.add(RUN, "2-0");
    await until(listener, 3);
    await change(broker, { entries: entries("5-0", "6-0", "7-0"), lengthMax: 1 });
    await until(listener, 4);
    await change(broker, { lengthMax: 0, state: "[]" });
    await until(listener, 5);
    await change(broker, { entries: entries("8-0"), lengthMax: 0 });
    await until(listener, 6);
    assertEquals(listener.told, [
      "7 | gap 0-0..2-0 (2) | 3-0 4-0 | v1",
      "7 | gap 1-0..2-0 (null) | 3-0 4-0 | v1",
      "7 | 3-0 4-0 | v1",
      "7 | gap 4-0..6-0 (2) | 7-0 | v1",
      "7 |  | v2",
      "7 | gap 7-0..8-0 (1) |  | v2",
    ]);
  });

  fact("journals are added, moved and removed while the watch waits", async (broker) => {
    for (const name of ["a", "b", "c"]) await make(broker, run(name), "1-0");
    await using listener = new Listener(broker);
    listener.watch.add(run("a"), "0-0");
    await until(listener, 1);
    listener.watch.add(run("b"), "1-0");
    listener.watch.add(run("c"), "0-0");
    assertEquals([listener.watch.remove(run("c")), listener.watch.remove(run("c"))], [true, false]);
    await until(listener, 2);
    listener.watch.remove(run("a"));
    listener.watch.add(run("a"), "0-0");
    await until(listener, 3);
    assertEquals(listener.watch.remove(run("b")), true);
    await broker.changeJournal(run("b"), { entries: entries("2-0") });
    await broker.changeJournal(run("c"), { entries: entries("2-0") });
    await broker.changeJournal(run("a"), { entries: entries("2-0") });
    await until(listener, 4);
    assertEquals(listener.told, ["a | 1-0 | v1", "b |  | v1", "a | 1-0 | v1", "a | 2-0 | v1"]);
    assertEquals(listener.watch.size, 1);
  });

  fact("a watch tells everything once and in order, while many write", async (broker) => {
    const names = Array.from({ length: 40 }, (_, index) => `run-${index}`);
    for (const name of names) await make(broker, run(name));
    await using listener = new Listener(broker, { bytesMax: 1_024 });
    const write = async (name: string, count: number) => {
      const written: string[] = [];
      for (let from = 1; from <= count; from += 5) {
        const { ids } = await broker.changeJournal(run(name), { entries: unnumbered(5, from) });
        written.push(...ids);
        if (from % 3 === 0) listener.watch.add(run("extra"), "0-0");
      }
      return written;
    };
    const writing = names.map((name) => write(name, 50));
    for (const name of names) listener.watch.add(run(name), "0-0");
    const written = await Promise.all(writing);
    const isComplete = () => names.every((name) => listener.entriesOf(name).length >= 50);
    await eventually("all is told", isComplete);
    assertEquals(names.map((name) => listener.entriesOf(name)), written);
    assertEquals(listener.troubles, []);
  });

  fact("a reader who takes his time holds back the watch, and misses nothing", async (broker) => {
    await make(broker);
    const held: { go: () => void } = { go: () => {} };
    let largest = 0;
    await using listener = new Listener(broker, {
      bytesMax: 2_000,
      onNews: ({ entries }) => {
        largest = Math.max(largest, entries.length);
        return new Promise((resolve) => held.go = resolve);
      },
    });
    listener.watch.add(RUN, "0-0");
    await until(listener, 1);
    const fields = ["n", "x".repeat(499)];
    const added = Array.from({ length: 100 }, () => ({ fields }));
    const { ids } = await broker.changeJournal(RUN, { entries: added });
    assertEquals(listener.told.length, 1);
    await eventually("all is told", () => {
      held.go();
      return listener.entriesOf("7").length === 100;
    });
    assertEquals([largest, listener.entriesOf("7")], [4, [...ids]]);
  });

  fact("a reader that throws loses its journal, not the watch", async (broker) => {
    await make(broker, RUN);
    await make(broker, run("8"));
    await using listener = new Listener(broker, {
      onNews: ({ journal }) => {
        if (journal.name === "7") throw new RangeError("test");
      },
      onTrouble: () => {
        throw new TypeError("test");
      },
    });
    listener.watch.add(RUN, "0-0");
    listener.watch.add(run("8"), "0-0");
    await until(listener, 2);
    await broker.changeJournal(run("8"), { entries: entries("1-0") });
    await until(listener, 3);
    assertEquals([listener.troubles, listener.watch.size], [["7 RangeError"], 1]);
    assertEquals(listener.told.at(-1), "8 | 1-0 | v1");
  });

  fact("a closed watch tells nothing, refuses journals, and is closed twice", async (broker) => {
    await make(broker);
    const listener = new Listener(broker);
    listener.watch.add(RUN, "0-0");
    await until(listener, 1);
    await listener.watch[Symbol.asyncDispose]();
    await listener.watch[Symbol.asyncDispose]();
    await change(broker, { entries: entries("1-0") });
    await using other = new Listener(broker);
    other.watch.add(RUN, "0-0");
    await until(other, 1);
    assertEquals([listener.told, listener.watch.size], [["7 |  | v1"], 0]);
    assertThrows(() => listener.watch.add(RUN, "0-0"), ClosedError);
    assertThrows(() => other.watch.add(run(""), "0-0"), InvalidNameError);
    assertThrows(() => new Listener(broker, { bytesMax: 0 }), InvalidOptionError);
    await new Listener(broker)[Symbol.asyncDispose]();
  });

  fact("watches end with their broker", async (broker) => {
    await make(broker);
    const listener = new Listener(broker);
    listener.watch.add(RUN, "0-0");
    await until(listener, 1);
    await broker[Symbol.asyncDispose]();
    assertThrows(() => listener.watch.add(RUN, "0-0"), ClosedError);
    assertThrows(() => new Listener(broker), ClosedError);
    assertEquals(listener.troubles, []);
  });

  fact("hundreds of journals are watched at once", async (broker) => {
    const names = Array.from({ length: 400 }, (_, index) => `run-${index}`);
    await Promise.all(names.map((name) => make(broker, run(name))));
    await using listener = new Listener(broker);
    for (const name of names) listener.watch.add(run(name), "0-0");
    await until(listener, 400);
    const few = names.filter((_, index) => index % 20 === 0);
    for (const name of few) await broker.changeJournal(run(name), { entries: entries("1-0") });
    await until(listener, 420);
    assertEquals(listener.told.slice(400).toSorted(), few.map((n) => `${n} | 1-0 | v1`).sort());
    assertEquals(listener.watch.size, 400);
  });
}
