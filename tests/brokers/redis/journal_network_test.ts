/**
 * What a broken network does to journals: answers that never come, watches that lose their connection.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { compareEntryIds } from "../../../src/domain/entry_id.ts";
import { UnknownOutcomeError } from "../../../src/domain/errors.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import { idOf } from "../../contracts/contract.ts";
import {
  change,
  entries,
  held,
  Listener,
  make,
  RUN,
  run,
  unnumbered,
} from "../../contracts/journal_words.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { openBroker, until } from "./setting.ts";
import { TcpProxy } from "./tcp_proxy.ts";

/** A clock whose time passes so many times as fast. */
function fastClock(times: number): Clock {
  const startMs = systemClock.nowMs();
  return {
    nowMs: () => startMs + (systemClock.nowMs() - startMs) * times,
    after: (delayMs, callback) => systemClock.after(delayMs / times, callback),
  };
}

/** Makes a call whose answer is lost, and waits until the broker is back. */
async function losing(proxy: TcpProxy, broker: Broker, call: () => Promise<unknown>) {
  const lost = proxy.loseNextReply();
  await assertRejects(call, UnknownOutcomeError);
  await lost;
  await until(() => broker.loadJournal(run("probe")).then(() => true, () => false));
}

Deno.test("changeJournal with a token lands once when its first reply was lost", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  await make(broker);
  const once = { token: "t", state: "[1]", ifVersion: 1, entries: unnumbered(3) };
  await losing(proxy, broker, () => broker.changeJournal(RUN, once));
  const again = await broker.changeJournal(RUN, once);
  assertEquals([again.already, again.ids, again.snapshot.version], [true, await held(broker), 2]);
  assertEquals(again.snapshot.length, 3);
});

Deno.test("createJournal with a token tells who made it when its first reply was lost", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  const mine = { state: "{}", token: "mine", entries: unnumbered(2) };
  await losing(proxy, broker, () => broker.createJournal(RUN, mine));
  const again = await broker.createJournal(RUN, mine);
  assertEquals([again.created, again.ids], [true, await held(broker)]);
  assertEquals(again.snapshot.length, 2);
});

Deno.test("without a token the snapshot tells whether a change has landed", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  await make(broker);
  await losing(proxy, broker, () => change(broker, { state: "[1]", ifVersion: 1 }));
  await losing(proxy, broker, () => change(broker, { entries: entries("5-0") }));
  const snapshot = await broker.loadJournal(RUN);
  assertEquals([snapshot?.version, snapshot?.state, snapshot?.lastId], [2, "[1]", "5-0"]);
  await losing(proxy, broker, () => broker.deleteJournal(RUN));
  assertEquals(await broker.deleteJournal(RUN), false);
});

Deno.test("a watch misses nothing and doubles nothing over a hundred cut connections", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  await using writer = await openBroker(server.url);
  const names = ["a", "b", "c", "d"];
  for (const name of [...names, "trimmed"]) await make(writer, run(name));
  await using listener = new Listener(broker);
  for (const name of [...names, "trimmed"]) listener.watch.add(run(name), "0-0");
  const written = new Map<string, string[]>(names.map((name) => [name, []]));
  for (let round = 0; round < 100; round++) {
    for (const name of names) {
      const { ids } = await writer.changeJournal(run(name), { entries: unnumbered(2) });
      written.get(name)?.push(...ids);
    }
    await writer.changeJournal(run("trimmed"), { entries: unnumbered(3), lengthMax: 4 });
    proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await until(async () => names.every((name) => listener.entriesOf(name).length >= 200));
  assertEquals(names.map((name) => listener.entriesOf(name)), [...written.values()]);
  const told = () => listener.entriesOf("trimmed");
  await until(async () => told().length + listener.missingOf("trimmed") >= 300);
  assertEquals(told().length + listener.missingOf("trimmed"), 300);
  assertEquals(told(), told().map(idOf).sort(compareEntryIds));
  assert(listener.missingOf("trimmed") > 0 && new Set(told()).size === told().length);
  assert(listener.troubles.length > 0);
  assertEquals(new Set(listener.troubles), new Set(["BrokerUnavailableError"]));
});

Deno.test("I3: a watch whose connection went silent finds out by itself, and goes on", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  // The watch asks for a sign of life after 5 s of silence, and waits 5 s for it.
  await using broker = await openRedisBroker({ url: proxy.url, clock: fastClock(20) });
  await using writer = await openBroker(server.url);
  await make(writer);
  await using listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  await until(async () => listener.told.length === 1);
  proxy.goSilent();
  await change(writer, { entries: entries("1-0"), state: "[]" });
  await until(async () => listener.troubles.length > 0);
  assertEquals(listener.told.length, 1);
  proxy.recover();
  await until(async () => listener.told.length === 2);
  assertEquals(listener.told[1], "7 | 1-0 | v2");
});

Deno.test("a watch outlasts a server that is away, and what happened meanwhile is told", async () => {
  await using server = await startRedisServer({ appendonly: true });
  await using broker = await openBroker(server.url);
  await make(broker, RUN, "1-0");
  await make(broker, run("8"));
  await using listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  listener.watch.add(run("8"), "0-0");
  await until(async () => listener.told.length === 2);
  await server.kill("SIGKILL");
  await until(async () => listener.troubles.length >= 2);
  listener.watch.add(run("9"), "0-0");
  await server.start();
  await using writer = await openBroker(server.url);
  await writer.changeJournal(RUN, { entries: entries("2-0") });
  await writer.deleteJournal(run("8"));
  await until(async () => listener.watch.size === 1 && listener.entriesOf("7").length === 2);
  assertEquals(listener.told.slice(2).toSorted(), ["7 | 2-0 | v1", "8 | gone", "9 | gone"]);
});

Deno.test("a watch is closed while its server is away", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  await make(broker);
  const listener = new Listener(broker);
  listener.watch.add(RUN, "0-0");
  await until(async () => listener.told.length === 1);
  await server.kill();
  await until(async () => listener.troubles.length > 0);
  await listener.watch[Symbol.asyncDispose]();
  const count = listener.troubles.length;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(listener.troubles.length, count);
});
