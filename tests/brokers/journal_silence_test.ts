/**
 * A watch of journals that nobody tells anything: after a while it looks by itself.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type JournalSource, JournalTail } from "../../src/brokers/journal_tail.ts";
import type { JournalSnapshot } from "../../src/domain/journal.ts";
import { WatchedJournal } from "../../src/brokers/watched_journal.ts";
import type { JournalNews } from "../../src/ports/journal_watch.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const [A, B] = ["a", "b"].map((name) => ({ space: "runs", name }));

function snapshot(name: string): JournalSnapshot {
  return {
    journal: { space: "runs", name },
    incarnation: "1",
    state: "{}",
    version: 1,
    length: 0,
    firstId: null,
    lastId: "0-0",
    trimmedId: "0-0",
    entriesAdded: 0,
    createdAtMs: 0,
    expiresInMs: null,
  };
}

/** A watch over journals that are only there to be read: nothing that happens to them is told. */
function silentWatch(present: Set<string>) {
  const clock = new VirtualClock();
  const reads: string[] = [];
  const told: string[] = [];
  const source: JournalSource = {
    async read({ name }) {
      reads.push(name);
      return present.has(name) ? { entries: [], snapshot: snapshot(name) } : null;
    },
    async follow() {
      return false;
    },
    wait({ timeoutMs, signal }) {
      return new Promise((resolve) => {
        const timer = clock.after(timeoutMs, () => resolve(new Set()));
        signal.addEventListener("abort", () => {
          timer.cancel();
          resolve(new Set());
        });
      });
    },
    async close() {},
  };
  const onNews = ({ journal, snapshot }: JournalNews) =>
    void told.push(`${journal.name} ${snapshot === null ? "gone" : "there"}`);
  const random = { next: () => 0.5, uniqueText: () => "u" };
  const watch = new JournalTail(source, { onNews, onTrouble: () => {} }, {
    clock,
    random,
    onClosed: () => {},
  });
  return { clock, reads, told, watch };
}

Deno.test("JournalTail reads a silent journal again after 10 s, and tells only that it is gone", async () => {
  const present = new Set(["a", "b"]);
  const { clock, reads, told, watch } = silentWatch(present);
  await using _watch = watch;
  for (const journal of [A, B]) if (journal !== undefined) watch.add(journal, "0-0");
  await clock.advance(5_000);
  await clock.advance(4_000);
  assertEquals([reads, told], [["a", "b"], ["a there", "b there"]]);
  await clock.advance(2_000);
  assertEquals([reads.length, told.length], [4, 2]);
  // As FLUSHALL does, or a hand that deletes keys.
  present.delete("b");
  await clock.advance(11_000);
  assertEquals([told, watch.size], [["a there", "b there", "b gone"], 1]);
});

Deno.test("WatchedJournal is due when it expires or is silent, and after its clock was set back", () => {
  const journal = { space: "runs", name: "a" };
  const watched = new WatchedJournal(journal, "0-0");
  const due = () =>
    [0, 999_999, 1_000_000, 1_004_000, 1_009_999, 1_010_000].map((nowMs) => watched.isDue(nowMs));
  assertEquals(due(), [false, false, false, false, false, false], "it is read soon anyhow");
  watched.take({ entries: [], snapshot: snapshot("a") }, 1_000_000);
  assertEquals(due(), [true, true, false, false, false, true]);
  watched.take({ entries: [], snapshot: { ...snapshot("a"), expiresInMs: 3_000 } }, 1_000_000);
  assertEquals(due(), [true, true, false, true, true, true]);
});

Deno.test("JournalTail spreads its looks at thousands of silent journals", async () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `run-${index}`);
  const { clock, reads, told, watch } = silentWatch(new Set(names));
  await using _watch = watch;
  for (const name of names) watch.add({ space: "runs", name }, "0-0");
  for (let turn = 0; turn < 3_500; turn++) await clock.advance(10);
  assertEquals([reads.length, told.length], [8_000, 2_000]);
});
