/**
 * The event store, on every broker.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type EntryId, previousEntryId } from "../../src/domain/entry_id.ts";
import {
  BrokerUnavailableError,
  InvalidEntryIdError,
  InvalidOptionError,
  UnknownOutcomeError,
} from "../../src/domain/errors.ts";
import { JournalDamagedError } from "../../src/domain/journal_errors.ts";
import { runEventNumber } from "../../src/domain/run.ts";
import {
  InvalidRunEventError,
  InvalidRunIdError,
  InvalidRunKindError,
  RunEndedError,
  RunExistsError,
  RunMissingError,
} from "../../src/domain/run_errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { EventStore } from "../../src/runs/event_store.ts";
import type { RunList, RunPage } from "../../src/ports/run_service.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";

const HOSTILE = ["a:b", "{x}", "*", "..%2f", "a\0", "a\r\nb", "x".repeat(10_000), "а", "%E0%A4%A"];

function steps(count: number, from = 1): { type: string; data: number }[] {
  return Array.from({ length: count }, (_, index) => ({ type: "step", data: from + index }));
}

async function namesOf(broker: Broker): Promise<string[]> {
  const { journals } = await broker.listJournals("runs", { limit: 100 });
  return journals.map(({ journal }) => journal.name);
}

testOnEachBroker(
  "EventStore: a run from outside is made, told, read, ended and expires",
  async ({ broker }) => {
    const store = new EventStore({ broker });
    const made = await store.create("r1", { kind: "build", ttlMs: 60 });
    const facts = { run: "r1", kind: "build", status: "running", endedAtMs: null, reason: null };
    const { startedAtMs } = made;
    const empty = { eventCount: 0, length: 0, firstId: null, lastId: "0-0", owner: null };
    assertEquals(made, { ...facts, ...empty, startedAtMs, expiresInMs: null } as typeof made);
    await assertRejects(() => store.create("r1", { kind: "build" }), RunExistsError);

    const ids = [...await store.add("r1", { type: "a" }), ...await store.add("r1", steps(2))];
    assertEquals(ids.map(runEventNumber), [1, 2, 3]);
    const page = await store.getEvents("r1", { limit: 10 });
    assertEquals(page.events.map(({ id, type, data }) => [id, type, data]), [
      [ids[0], "a", null],
      [ids[1], "step", 1],
      [ids[2], "step", 2],
    ]);
    assertEquals([page.hasMore, page.nextId, page.gap, page.record.eventCount], [
      false,
      null,
      null,
      3,
    ]);
    assertEquals(page.record, await store.get("r1"));

    const ended = await store.end("r1", { status: "failed", reason: "no\nroom" });
    assertEquals([ended.status, ended.reason, ended.eventCount], ["failed", "no\\nroom", 4]);
    assert(ended.endedAtMs !== null && ended.expiresInMs !== null && ended.expiresInMs <= 60);
    await assertRejects(() => store.add("r1", { type: "b" }), RunEndedError, "it is failed");
    await assertRejects(() => store.end("r1"), RunEndedError);
    await eventually("it expires", () => store.get("r1").then(() => false, () => true));
    const late = await assertRejects(() => store.getEvents("r1", { limit: 1 }), RunMissingError);
    const never = await assertRejects(() => store.get("r2"), RunMissingError);
    assertEquals([late.code, never.code], ["RUN_EXPIRED", "RUN_NOT_FOUND"]);
    await assertRejects(() => store.add("r2", { type: "b" }), RunMissingError);
    await store.create("r1", { kind: "again" });
    assertEquals((await store.get("r1")).kind, "again");
    assertEquals([await store.delete("r1"), await store.delete("r1")], [true, false]);
    const deleted = await assertRejects(() => store.get("r1"), RunMissingError);
    assertEquals(deleted.code, "RUN_NOT_FOUND");
  },
);

testOnEachBroker("EventStore: pages follow each other, and gaps are exact", async ({ broker }) => {
  const store = new EventStore({ broker, lengthMax: 7 });
  await store.create("r1", { kind: "build" });
  const ids = await store.add("r1", steps(20));
  const id = (number: number) => ids[number - 1] ?? "0-0";
  const { length, firstId, lastId, eventCount } = await store.get("r1");
  assertEquals([length, firstId, lastId, eventCount], [7, id(14), id(20), 20]);

  const first = await store.getEvents("r1", { limit: 3 });
  assertEquals(first.gap, { afterId: "0-0", untilId: id(13), count: 13 });
  const seen = first.events.map(({ data }) => data);
  for (let next = first.nextId; next !== null;) {
    const page = await store.getEvents("r1", { startId: next, limit: 3 });
    assertEquals(page.gap, null);
    seen.push(...page.events.map(({ data }) => data));
    next = page.nextId;
  }
  assertEquals(seen, [14, 15, 16, 17, 18, 19, 20]);

  const gapAfter = async (number: number) =>
    (await store.getEventsAfter("r1", id(number), 1)).gap?.count ?? 0;
  assertEquals(await Promise.all([1, 12, 13, 14].map(gapAfter)), [12, 1, 0, 0]);
  const within = await store.getEvents("r1", { startId: id(10), endId: id(15), limit: 2 });
  const gap = { afterId: previousEntryId(id(10)), untilId: id(13), count: 4 };
  assertEquals([within.gap, within.hasMore, within.events.length], [gap, false, 2]);
  const cut = await store.getEvents("r1", { startId: id(14), endId: id(16), limit: 2 });
  assertEquals([cut.hasMore, cut.events.map(({ data }) => data)], [true, [14, 15]]);
  const beyond = await store.getEventsAfter("r1", "99999999999999-0", 5);
  assertEquals([beyond.events, beyond.gap, beyond.hasMore], [[], null, false]);
});

testOnEachBroker(
  "EventStore: events of many writers are numbered without gap and double",
  async ({ broker }) => {
    const stores = [1, 2, 3].map(() => new EventStore({ broker, lengthMax: 1_000 }));
    await stores[0]?.create("r1", { kind: "build" });
    const writing = stores.flatMap((store, writer) =>
      Array.from({ length: 10 }, (_, index) => store.add("r1", { type: `w${writer}`, data: index }))
    );
    const ids = (await Promise.all(writing)).flat();
    assertEquals(
      ids.map(runEventNumber).toSorted((a, b) => a - b),
      steps(30).map(({ data }) => data),
    );
    const page = await stores[0]?.getEvents("r1", { limit: 100 });
    assertEquals(
      page?.events.map((event) => runEventNumber(event.id)),
      steps(30).map(({ data }) => data),
    );
    for (const type of ["w0", "w1", "w2"]) {
      const mine = page?.events.filter((event) => event.type === type).map(({ data }) => data);
      assertEquals(mine, steps(10, 0).map(({ data }) => data));
    }
  },
);

testOnEachBroker("EventStore.add is there once, also when answers are lost", async ({ broker }) => {
  let calls = 0;
  const flaky = faultyBroker(broker, {
    before({ method }) {
      if (method === "changeJournal" && ++calls % 3 === 1) {
        throw new BrokerUnavailableError("change", "ECONNREFUSED");
      }
    },
    after({ method }) {
      if (method === "changeJournal" && calls % 3 === 2) {
        throw new UnknownOutcomeError("change", "ECONNRESET");
      }
    },
  });
  const store = new EventStore({ broker: flaky });
  await store.create("r1", { kind: "build" });
  const ids = await store.add("r1", steps(700));
  assertEquals(ids.length, 700);
  const { eventCount, length } = await store.get("r1");
  assertEquals([eventCount, length], [700, 700]);
  assert(calls > 3, "faults were met");
});

testOnEachBroker("EventStore.add with a key adds once, whoever calls again", async ({ broker }) => {
  const store = new EventStore({ broker });
  const elsewhere = new EventStore({ broker });
  await store.create("r1", { kind: "build" });
  const key = { idempotencyKey: "call-1" };
  const ids = await store.add("r1", steps(3), key);
  assertEquals(await store.add("r1", steps(3), key), ids);
  await elsewhere.add("r1", { type: "other" });
  assertEquals(await elsewhere.add("r1", steps(3), key), ids);
  const two = { idempotencyKey: "call-2" };
  const [first, second] = await Promise.all([
    store.add("r1", { type: "a" }, two),
    elsewhere.add("r1", { type: "a" }, two),
  ]);
  assertEquals(first, second);
  await store.end("r1");
  assertEquals(await elsewhere.add("r1", steps(3), key), ids);
  const three = { idempotencyKey: "call-3" };
  await assertRejects(() => store.add("r1", { type: "late" }, three), RunEndedError);
  assertEquals((await store.get("r1")).eventCount, 6);

  for (const idempotencyKey of ["", "a b", "ä", "x".repeat(65)]) {
    const adding = () => store.add("r1", { type: "a" }, { idempotencyKey });
    await assertRejects(adding, InvalidOptionError, "idempotencyKey");
  }
  await assertRejects(() => store.add("r1", steps(501), three), InvalidOptionError, "at most 500");
});

testOnEachBroker("EventStore.list filters and pages by creation", async ({ broker }) => {
  const store = new EventStore({ broker });
  for (let n = 0; n < 9; n++) {
    await store.create(`r${n}`, { kind: n % 3 === 0 ? "tea" : "coffee" });
    if (n % 2 === 0) await store.end(`r${n}`);
  }
  const all = async (options: Omit<Parameters<EventStore["list"]>[0], "limit">) => {
    const pages: string[] = [];
    let after: string | null | undefined;
    while (after !== null) {
      const page: RunList = await store.list({ ...options, limit: 2, ...(after ? { after } : {}) });
      pages.push(page.runs.map(({ run }) => run).join());
      after = page.next;
    }
    return pages.join(" ");
  };
  const told = [
    await all({}),
    await all({ kind: "tea" }),
    await all({ status: "running", newestFirst: true }),
    await all({ kind: "coffee", status: "completed" }),
    await all({ kind: "none" }),
  ];
  const split = (text = "") =>
    text.split(/[ ,]/).filter((name) => name !== "").toSorted().join(" ");
  assertEquals(told.map(split), [
    "r0 r1 r2 r3 r4 r5 r6 r7 r8",
    "r0 r3 r6",
    "r1 r3 r5 r7",
    "r2 r4 r8",
    "",
  ]);
  await assertRejects(() => store.list({ limit: 0 }), InvalidOptionError);
  await assertRejects(() => store.list({ limit: 1, after: "rubbish" }), InvalidOptionError);
});

testOnEachBroker(
  "EventStore: what is hostile is refused, and no key is touched",
  async ({ broker }) => {
    const store = new EventStore({ broker });
    for (const run of HOSTILE) {
      const calls = [
        () => store.create(run, { kind: "a" }),
        () => store.add(run, { type: "a" }),
        () => store.end(run),
        () => store.getEvents(run, { limit: 1 }),
        () => store.get(run),
        () => store.setExpire(run, 5),
        () => store.delete(run),
      ];
      for (const call of calls) await assertRejects(call, InvalidRunIdError);
    }
    await assertRejects(() => store.create("a", { kind: "a:b" }), InvalidRunKindError);
    await assertRejects(() => store.create("a", { kind: "a", ttlMs: 0 }), InvalidOptionError);
    assertThrows(() => new EventStore({ broker, lengthMax: 0 }), InvalidOptionError);
    assertEquals(await namesOf(broker), []);

    await store.create("a", { kind: "a" });
    await assertRejects(() => store.add("a", [{ type: "ok" }, { type: "" }]), InvalidRunEventError);
    assertEquals((await store.get("a")).eventCount, 0);
    const positions = ["$", ">", "+", "-", "(5-0", "5-*", " 5-0", "5-0\0", "5", "01-0", "1-1,2-2"];
    for (const position of positions) {
      const malformed: unknown = position;
      const call = () => Reflect.apply(store.getEventsAfter, store, ["a", malformed, 5]);
      await assertRejects(async () => await call(), InvalidEntryIdError);
    }
    for (const limit of [0, -1, NaN, 1.5, 1_001, 2 ** 53]) {
      await assertRejects(() => store.getEvents("a", { limit }), InvalidOptionError);
    }
    await broker.createJournal({ space: "runs", name: "foreign" }, { state: '{"schema":7}' });
    await assertRejects(() => store.get("foreign"), JournalDamagedError);
    assertEquals((await store.list({ limit: 9 })).runs.map(({ run }) => run), ["a"]);
  },
);

testOnEachBroker("EventStore.setExpire sets, takes back, and is remembered", async ({ broker }) => {
  const store = new EventStore({ broker });
  await store.create("a", { kind: "a" });
  assert(((await store.setExpire("a", 60_000)).expiresInMs ?? 0) > 50_000);
  assertEquals((await store.setExpire("a", null)).expiresInMs, null);
  await store.setExpire("a", 20);
  await eventually("it expires", () => store.get("a").then(() => false, () => true));
  const gone = await assertRejects(() => store.setExpire("a", 20), RunMissingError);
  assertEquals(gone.code, "RUN_EXPIRED");
  const never = await assertRejects(() => store.setExpire("b", 20), RunMissingError);
  assertEquals(never.code, "RUN_NOT_FOUND");
});

Deno.test("EventStore.getEvents ends a page by bytes, too, and says that there is more", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const store = new EventStore({ broker });
  await store.create("big", { kind: "build" });
  const large = "x".repeat(900_000);
  await store.add("big", Array.from({ length: 6 }, () => ({ type: "big", data: large })));
  const whole: unknown[] = [];
  let pages = 0;
  let next: RunPage["nextId"] | undefined;
  while (next !== null) {
    pages++;
    const range = { limit: 6, endId: (await store.get("big")).lastId };
    const page: RunPage = await store.getEvents(
      "big",
      next === undefined ? range : { ...range, startId: next },
    );
    whole.push(...page.events);
    next = page.nextId;
  }
  assertEquals([whole.length, pages], [6, 2], "a page ends by bytes, too");
});

Deno.test("EventStore.getEventsAfter holds little, however large the events", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const store = new EventStore({ broker });
  await store.create("big", { kind: "build" });
  const sizes = [400_000, 100_000, 100_000, 100_000, 5];
  await store.add("big", sizes.map((size) => ({ type: "big", data: "x".repeat(size) })));
  const pages: unknown[] = [];
  for (let at: EntryId = "0-0", hasMore = true; hasMore;) {
    const page = await store.getEventsAfter("big", at, 500);
    pages.push(page.events.map(({ id }) => runEventNumber(id)));
    at = page.events.at(-1)?.id ?? at;
    hasMore = page.hasMore;
  }
  assertEquals(pages, [[1], [2, 3], [4, 5]]);
});

/** A store whose broker runs something just before it deletes. */
function beforeDeleting(broker: Broker, first: () => Promise<unknown>): EventStore {
  let isFirst = true;
  const hasty = faultyBroker(broker, {
    before: async ({ method }) => {
      if (method !== "deleteJournal" || !isFirst) return;
      isFirst = false;
      await first();
    },
    after() {},
  });
  return new EventStore({ broker: hasty });
}

testOnEachBroker(
  "EventStore.delete with unlessRunning deletes what has ended, and no other life of it",
  async ({ broker }) => {
    const store = new EventStore({ broker });
    const ended = async () => {
      await store.create("a", { kind: "build" });
      await store.end("a");
    };
    const unlessRunning = { unlessRunning: true };
    assertEquals(await store.delete("a", unlessRunning), false);
    await store.create("a", { kind: "build" });
    assertEquals(await store.delete("a", unlessRunning), false);
    assertEquals((await store.get("a")).status, "running");
    await store.end("a");
    assertEquals([await store.delete("a", unlessRunning), await namesOf(broker)], [true, []]);

    // Somebody deletes it and starts it anew after it was looked at.
    await ended();
    const again = async () => {
      await store.delete("a");
      await store.create("a", { kind: "build" });
      await store.add("a", { type: "new" });
    };
    assertEquals(await beforeDeleting(broker, again).delete("a", unlessRunning), false);
    const { status, eventCount } = await store.get("a");
    assertEquals([status, eventCount], ["running", 1]);
    // Started and ended anew: that is what was meant.
    await store.end("a");
    const ends = () => store.delete("a").then(ended);
    assertEquals(await beforeDeleting(broker, ends).delete("a", unlessRunning), true);
    await assertRejects(() => store.get("a"), RunMissingError);

    await broker.createJournal({ space: "runs", name: "foreign" }, { state: '{"schema":7}' });
    assertEquals(await store.delete("foreign", unlessRunning), true);
    // Whoever does not ask for it deletes what runs.
    await store.create("b", { kind: "build" });
    assertEquals(await store.delete("b"), true);
  },
);
