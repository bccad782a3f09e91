/**
 * The contract of journals: how they are named and listed, and what is refused.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { JournalAddress } from "../../src/domain/journal.ts";
import type { Broker } from "../../src/ports/broker.ts";
import {
  JOURNAL_CHANGE_BYTES_MAX,
  JOURNAL_ENTRY_BYTES_MAX,
  JOURNAL_STATE_BYTES_MAX,
} from "../../src/ports/journal_store.ts";
import { eventually } from "../support/eventually.ts";
import { type Fact, idOf, join, thrownBy } from "./contract.ts";
import { change, entries, held, make, RUN, run, unnumbered } from "./journal_words.ts";

/** Names that mean something elsewhere. */
const NAMES = [
  ...["a:b", "{x}", "a}b{c", "}{entries}", "*", "a*?[b]", "..%2f", "a/b", "\\", "0", "-", "(", "+"],
  ...["__proto__", "7}{meta}7", "meta", "index", "水", "é", "e\u0301", "A", "a", "x'; DROP TABLE"],
  ...["n".repeat(256), "水".repeat(85)],
];

/** All journals of a space, page by page, with the size of each page. */
async function listed(
  broker: Broker,
  { limit, newestFirst = false }: { limit: number; newestFirst?: boolean },
): Promise<{ names: string[]; sizes: number[] }> {
  const names: string[] = [];
  const sizes: number[] = [];
  let after: string | undefined;
  do {
    const page = await broker.listJournals("runs", {
      limit,
      newestFirst,
      ...(after === undefined ? {} : { after }),
    });
    names.push(...page.journals.map(({ journal }) => journal.name));
    sizes.push(page.journals.length);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return { names, sizes };
}

/** JSON of exactly so many bytes. */
function jsonOf(bytes: number): string {
  const room = bytes - 2;
  return `"${"水".repeat(Math.floor(room / 3))}${"x".repeat(room % 3)}"`;
}

/**
 * Journals with the largest states are listed whole, in pages of no more than some megabytes, and one with as many entries
 * as a call takes is read whole. A story of its own: the
 * Redis client's parser shrinks its buffer by a timer that outlives the test, so it must be the last one of its file there.
 */
export async function listLargeStates(broker: Broker): Promise<void> {
  const state = jsonOf(JOURNAL_STATE_BYTES_MAX);
  const count = 150;
  for (let index = 0; index < count; index++) {
    await broker.createJournal(run(`${100 + index}`), { state });
  }
  const { names, sizes } = await listed(broker, { limit: 1_000 });
  assertEquals(names, Array.from({ length: count }, (_, index) => `${100 + index}`));
  assert(sizes.length >= 2 && sizes.length < 10, `pages of ${sizes}`);
  const { journals: [newest] } = await broker.listJournals("runs", {
    limit: 1,
    newestFirst: true,
  });
  assertEquals(newest, await broker.loadJournal(run("249")));
  await broker.createJournal(RUN, { state, entries: unnumbered(1_000) });
  const page = await broker.readJournal(RUN, { count: 10_000 });
  assert(page?.snapshot.state === state, "the state was changed");
  assertEquals(
    page?.entries.map(({ fields }) => fields[1]),
    unnumbered(1_000).map(({ fields }) => fields[1]),
  );
}

/** Defines the tests. */
export function testJournalPlaces(fact: Fact): void {
  fact("journals of any name and space are apart from each other", async (broker) => {
    const addresses = ["runs", "streams", "runs-2"].flatMap((space) =>
      NAMES.map((name): JournalAddress => ({ space, name }))
    );
    for (const [index, journal] of addresses.entries()) {
      const created = await broker.createJournal(journal, {
        state: JSON.stringify(journal),
        entries: entries(`${index + 1}-0`),
      });
      assert(created.created, JSON.stringify(journal));
    }
    for (const [index, journal] of addresses.entries()) {
      assertEquals((await broker.loadJournal(journal))?.state, JSON.stringify(journal));
      assertEquals(await held(broker, journal), [`${BigInt(index + 1)}-${0n}`]);
    }
    assertEquals((await listed(broker, { limit: 1_000 })).names.toSorted(), NAMES.toSorted());
    for (const journal of addresses) assert(await broker.deleteJournal(journal));
    assertEquals((await listed(broker, { limit: 10 })).names, []);
    assertEquals(await broker.listStreams(), []);
  });

  fact("a journal meets no stream and no group, whatever they are named", async (broker) => {
    for (const name of ["orders", "x}:tidemark:group:billing", "x"]) {
      await make(broker, run(name), "1-0");
      await join(broker, "ann", { stream: name.replaceAll("}", ""), group: `{entries}${name}` });
      await join(broker, "ann", { stream: "tidemark:journals:runs", group: `{meta}${name}` });
      assertEquals(await held(broker, run(name)), ["1-0"]);
    }
    const streams = await broker.listStreams();
    for (const stream of streams) await broker.deleteStream(stream);
    assertEquals((await listed(broker, { limit: 10 })).names.length, 3);
  });

  fact("listJournals pages by creation, either way, exactly to the end", async (broker) => {
    const names = Array.from({ length: 25 }, (_, index) => `run-${index + 10}`);
    for (const name of names) {
      await make(broker, run(name));
      // Those of one millisecond are in order of their names, as these are.
    }
    for (const limit of [1, 7, 25, 26, 1_000]) {
      const oldest = await listed(broker, { limit });
      assertEquals(oldest.names, names);
      assertEquals(oldest.sizes.length, Math.ceil(25 / limit));
      const newest = await listed(broker, { limit, newestFirst: true });
      assertEquals(newest.names, names.toReversed());
    }
    assertEquals(await broker.listJournals("streams", { limit: 5 }), { journals: [], next: null });
  });

  fact("a cursor stays good while journals come and go", async (broker) => {
    for (const name of ["a", "b", "c", "d"]) await make(broker, run(name));
    const first = await broker.listJournals("runs", { limit: 2 });
    await broker.deleteJournal(run("a"));
    await broker.deleteJournal(run("b"));
    await broker.deleteJournal(run("c"));
    await make(broker, run("e"));
    const after = first.next ?? "";
    const second = await broker.listJournals("runs", { limit: 10, after });
    assertEquals(second.journals.map(({ journal }) => journal.name), ["d", "e"]);
  });

  fact("those that expired are not listed, nor do they shorten a page", async (broker) => {
    for (let index = 0; index < 25; index++) {
      await broker.createJournal(run(`dead-${index}`), { state: "{}", expireMs: 1 });
    }
    await make(broker, run("alive"));
    await eventually("they expire", async () => {
      return (await listed(broker, { limit: 100 })).names.join() === "alive";
    });
    for (const newestFirst of [false, true]) {
      const { names } = await listed(broker, { limit: 2, newestFirst });
      assertEquals(names, ["alive"]);
    }
  });

  fact("what cannot be a journal, a change, a range or a page is refused", async (broker) => {
    await make(broker, RUN, "1-0");
    const before = await broker.loadJournal(RUN);
    const badNames = ["", " a", "a\n", "水".repeat(86), "\u200b", "a\0b"];
    const badSpaces = ["", "Runs", "1runs", "a:b", "{x}", "r".repeat(33), "röns"];
    const names = await thrownBy(
      ...badNames.map((name) => () => broker.loadJournal(run(name))),
      ...badSpaces.map((space) => () => make(broker, { space, name: "a" })),
      () => broker.listJournals("a b", { limit: 1 }),
    );
    assertEquals(new Set(names), new Set(["InvalidNameError"]));
    const big = "x".repeat(JOURNAL_ENTRY_BYTES_MAX);
    const many = Array.from({ length: 9 }, () => ({ fields: ["n", big.slice(1)] }));
    assert(9 * JOURNAL_ENTRY_BYTES_MAX > JOURNAL_CHANGE_BYTES_MAX);
    const options = await thrownBy(
      () => broker.createJournal(run("8"), { state: "" }),
      () => broker.createJournal(run("8"), { state: "{a:1}" }),
      () => broker.createJournal(run("8"), { state: '"\ud800"' }),
      () => change(broker, { state: jsonOf(JOURNAL_STATE_BYTES_MAX + 1) }),
      () => change(broker, { entries: unnumbered(1_001) }),
      () => change(broker, { entries: [{ fields: [] }] }),
      () => change(broker, { entries: [{ fields: ["a"] }] }),
      () => change(broker, { entries: [{ fields: ["n", big] }] }),
      () => change(broker, { entries: many }),
      () => change(broker, { entries: [{ fields: Array(7_902).fill("") }] }),
      ...[-1, 0.5, NaN].map((lengthMax) => () => change(broker, { lengthMax })),
      ...[0, -1, 1.5, NaN, Infinity, 1e13].map((expireMs) => () => change(broker, { expireMs })),
      ...[0, NaN, 1e18].map((expireAtMs) => () => change(broker, { expireAtMs })),
      () => change(broker, { expireAtMs: 1e15, expireMs: 5 }),
      ...["", "t".repeat(129), "\ud800"].map((token) => () => change(broker, { token })),
      ...[0, 1.5, NaN].map((ifVersion) => () => change(broker, { ifVersion })),
      () => change(broker, { ifIncarnation: "" }),
      ...[0, 1.5, 10_001, NaN].map((count) => () => broker.readJournal(RUN, { count })),
      ...[0, NaN, 1e9].map((bytesMax) => () => broker.readJournal(RUN, { count: 1, bytesMax })),
      ...[0, NaN, 1e13].map((touchMs) => () => broker.readJournal(RUN, { count: 1, touchMs })),
      () => broker.readJournal(RUN, { count: 1, from: idOf("1-0"), afterId: idOf("1-0") }),
      ...[0, 1_001, NaN].map((limit) => () => broker.listJournals("runs", { limit })),
      ...["", "1", "x".repeat(20), "(a", "+", "0000000000000001:", `${"1".repeat(16)}:\ud800`].map(
        (after) => () => broker.listJournals("runs", { limit: 1, after }),
      ),
    );
    assertEquals(new Set(options), new Set(["InvalidOptionError"]));
    assertEquals(await broker.loadJournal(RUN), before);
    assertEquals((await listed(broker, { limit: 5 })).names, ["7"]);
  });
}
