/**
 * What other programs leave in the keys of journals.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { journalKeys, newsChannel } from "../../../src/brokers/redis/journals_keys.ts";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { WrongTypeError } from "../../../src/domain/errors.ts";
import { JournalDamagedError } from "../../../src/domain/journal_errors.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import {
  change,
  entries,
  held,
  Listener,
  LONG_MS,
  make,
  RUN,
  run,
  unnumbered,
} from "../../contracts/journal_words.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { openBroker, redisCli, until } from "./setting.ts";

const [META = "", ENTRIES = "", TOKENS = "", INDEX = "", EXPIRIES = ""] = journalKeys(RUN);

/** Every call on a journal that was made before. */
const CALLS: readonly ((broker: Broker) => Promise<unknown>)[] = [
  (broker) => make(broker),
  (broker) => change(broker, { entries: unnumbered(1), token: "t", expireMs: LONG_MS }),
  (broker) => broker.loadJournal(RUN),
  (broker) => broker.readJournal(RUN, { count: 1 }),
  (broker) => broker.readJournal(RUN, { count: 1, touchMs: LONG_MS }),
];

Deno.test("a foreign value under a key of a journal is named and left alone", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (const key of [META, ENTRIES, TOKENS, INDEX, EXPIRIES]) {
    await redisCli(server.port, "flushall");
    await redisCli(server.port, "set", key, "theirs");
    for (const call of [...CALLS, () => broker.deleteJournal(RUN)]) {
      const error = await assertRejects(() => call(broker), WrongTypeError);
      assertEquals([error.key, error.found], [key, "string"]);
    }
    const left = [
      await redisCli(server.port, "keys", "*"),
      await redisCli(server.port, "get", key),
    ];
    assertEquals(left, [key, "theirs"]);
  }
  await redisCli(server.port, "flushall");
  await redisCli(server.port, "set", INDEX, "theirs");
  await assertRejects(() => broker.listJournals("runs", { limit: 1 }), WrongTypeError);
});

Deno.test("a journal whose facts were tampered with is refused, not listed, and deleted", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const damages: [part: string, value: string | null][] = [
    ["version", "x"],
    ["version", "-1"],
    ["version", "1".repeat(60)],
    ["state", null],
    ["incarnation", ""],
    ["created", "12a"],
    ["last", "5"],
    ["added", null],
    ["trimmed", "0-0-0"],
  ];
  await make(broker, run("8"));
  for (const [part, value] of damages) {
    await make(broker, RUN, "1-0");
    if (value === null) await redisCli(server.port, "hdel", META, part);
    else await redisCli(server.port, "hset", META, part, value);
    for (const call of CALLS) {
      const error = await assertRejects(() => call(broker), JournalDamagedError);
      assertEquals([error.journal, error.part, error.code], [RUN, part, "JOURNAL_DAMAGED"]);
    }
    const { journals } = await broker.listJournals("runs", { limit: 10 });
    assertEquals(journals.map(({ journal }) => journal.name), ["8"]);
    assertEquals([await broker.deleteJournal(RUN), await broker.deleteJournal(RUN)], [true, false]);
    await broker.listJournals("runs", { limit: 10 });
    assertEquals(await redisCli(server.port, "zcard", INDEX), "1");
  }
});

Deno.test("a watch gives up a journal that cannot be read, and goes on with others", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await make(broker);
  await make(broker, run("8"));
  await using listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  listener.watch.add(run("8"), "0-0");
  await until(async () => listener.told.length === 2);
  await redisCli(server.port, "hset", META, "version", "x");
  await redisCli(server.port, "publish", newsChannel(RUN), "");
  await until(async () => listener.troubles.length === 1);
  await broker.changeJournal(run("8"), { entries: entries("1-0") });
  await until(async () => listener.told.length === 3);
  assertEquals([listener.troubles, listener.told.at(-1), listener.watch.size], [
    ["7 JournalDamagedError"],
    "8 | 1-0 | v1",
    1,
  ]);
});

Deno.test("entries that a foreign hand removed or added do no harm", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await make(broker, RUN, "1-0", "2-0");
  await redisCli(server.port, "del", ENTRIES);
  const emptied = await broker.loadJournal(RUN);
  assertEquals([emptied?.length, emptied?.firstId, emptied?.lastId, emptied?.trimmedId], [
    0,
    null,
    "2-0",
    "2-0",
  ]);
  assertEquals((await change(broker, { entries: entries("3-0") })).firstId, "3-0");
  await redisCli(server.port, "xadd", ENTRIES, "9-0", "foreign", "1");
  const before = await broker.loadJournal(RUN);
  await assertRejects(
    () => change(broker, { entries: entries("8-0"), state: "[9]" }),
    JournalDamagedError,
    "entries",
  );
  assertEquals(await broker.loadJournal(RUN), before);
  assertEquals(await broker.deleteJournal(RUN), true);
});

Deno.test("leftovers of a journal whose facts are gone do not come back with the next one", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const once = { state: "{}", token: "t", entries: entries("5-0"), expireMs: LONG_MS };
  await broker.createJournal(RUN, once);
  await redisCli(server.port, "del", META);
  assertEquals(await broker.loadJournal(RUN), null);
  const { created, snapshot } = await broker.createJournal(RUN, { ...once, expireMs: null });
  assertEquals([created, snapshot.length, await held(broker)], [true, 1, ["5-0"]]);
  assertEquals(await redisCli(server.port, "pttl", ENTRIES), "-1");
  const { journals } = await broker.listJournals("runs", { limit: 10 });
  assertEquals(journals.map(({ journal }) => journal.name), ["7"]);
});

Deno.test("a watch tells that all is gone after FLUSHALL, of which no server tells it", async () => {
  await using server = await startRedisServer();
  // Twenty times as fast: it looks again after ten seconds of silence.
  const clock: Clock = {
    nowMs: () => Date.now() * 20,
    after: (delayMs, callback) => systemClock.after(delayMs / 20, callback),
  };
  await using broker = await openRedisBroker({ url: server.url, clock, callTimeoutMs: 40_000 });
  await make(broker, RUN, "1-0");
  await make(broker, run("8"));
  await using listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  listener.watch.add(run("8"), "0-0");
  await until(async () => listener.told.length === 2);
  await redisCli(server.port, "flushall");
  await until(async () => listener.told.length === 4);
  assertEquals(listener.told.slice(2).toSorted(), ["7 | gone", "8 | gone"]);
  assertEquals([listener.watch.size, listener.troubles], [0, []]);
});
