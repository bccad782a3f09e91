/**
 * What being followed costs, and when it ends: nothing is recorded for nobody, a broker that is away or slow costs frames
 * that are counted, and leases are counted by the clock of who hears them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { fieldsByteLength } from "../../src/domain/entry.ts";
import { Publication } from "../../src/inspector/remote/publication.ts";
import { silentLog } from "../../src/ports/log.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { BrokerUnavailableError } from "../../src/domain/errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { isFrame } from "../../src/inspector/format.ts";
import { brokerSources } from "../../src/inspector/remote/broker_sources.ts";
import { decodeDesk, encodeCall } from "../../src/inspector/remote/desk_record.ts";
import { deskOf, tellingOf } from "../../src/inspector/remote/inspection_journals.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { recorderFor } from "./recorded_machines.ts";
import { Ear, FACTS, HASTY, LampProcess, opened } from "./remote_rig.ts";

/** A broker whose calls fail while it is away; watching and closing go past that. */
function absentBroker(broker: Broker): { broker: Broker; isAway: boolean; callCount: number } {
  const state = { broker, isAway: false, callCount: 0 };
  const faulty = faultyBroker(broker, ({ method }) => {
    state.callCount++;
    if (state.isAway) throw new BrokerUnavailableError(method, "ECONNREFUSED");
  });
  state.broker = new Proxy(faulty, {
    get: (target, name) =>
      name === "watchJournals" ? broker.watchJournals.bind(broker) : Reflect.get(target, name),
  });
  return state;
}

/** Says on a desk that somebody follows. */
async function follow(broker: Broker, instance = "lamps-1"): Promise<void> {
  const fields = encodeCall({ kind: "follow", lacks: "nothing" });
  await broker.changeJournal(deskOf(instance), { entries: [{ fields }] });
}

Deno.test("FollowedInstance records while somebody follows, and 10 s longer than the last word of it", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const clock = new VirtualClock();
  await using lamps = new LampProcess(broker, { clock });
  await eventually("the desk is there", async () => {
    await clock.advance(1);
    return await broker.loadJournal(deskOf("lamps-1")) !== null;
  });
  assertEquals(lamps.attachments, { begun: 0, ended: 0 });
  await follow(broker);
  await eventually("it is followed", () => lamps.followed.isFollowed);
  await clock.advance(9_000);
  await follow(broker);
  await new Promise((resolve) => setTimeout(resolve, 20)); // nothing tells that it was heard
  await clock.advance(9_999);
  assertEquals(lamps.attachments, { begun: 1, ended: 0 });
  await clock.advance(1);
  assertEquals([lamps.followed.isFollowed, lamps.attachments], [false, { begun: 1, ended: 1 }]);
  await follow(broker);
  await eventually("it is followed again", () => lamps.followed.isFollowed);
  assertEquals(lamps.attachments, { begun: 2, ended: 1 });
});

Deno.test("FollowedInstance costs a call in twenty seconds while nobody follows", async () => {
  await using open = await openSqliteBroker({ path: ":memory:" });
  const counted = absentBroker(open);
  const clock = new VirtualClock();
  await using lamps = new LampProcess(counted.broker, { clock });
  await clock.advance(0);
  await eventually("the desk is there", () => clock.timerCount === 1);
  for (let round = 1; round <= 10; round++) {
    await clock.advance(20_000);
    await eventually("the desk is kept", () => clock.timerCount === 1);
  }
  assertEquals([counted.callCount, lamps.followed.isFollowed], [11, false]);
});

Deno.test("RemoteSource lets the process go ten seconds after nobody looks any more", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const clock = new VirtualClock();
  await using lamps = new LampProcess(broker);
  await using sources = brokerSources({ broker, clock });
  const source = await opened(sources);
  const ear = new Ear(source);
  await eventually("it is heard", async () => {
    await clock.advance(100);
    return ear.seq >= 1;
  });
  await ear[Symbol.asyncDispose]();
  const { incarnation } = await broker.loadJournal(deskOf("lamps-1")) ?? {};
  const words = async () => (await broker.loadJournal(deskOf("lamps-1")))?.entriesAdded;
  await clock.advance(10_000);
  const before = await words();
  await clock.advance(60_000);
  assertEquals([await words(), (await broker.loadJournal(deskOf("lamps-1")))?.incarnation], [
    before,
    incarnation,
  ]);
  assertEquals(lamps.followed.isFollowed, true); // by its own clock, which has hardly moved
});

testOnEachBroker(
  "a broker that was away costs frames, which are counted, and nothing else",
  async ({ broker }) => {
    const there = absentBroker(broker);
    await using lamps = new LampProcess(there.broker, { framesMax: 10 });
    await lamps.announce();
    await using sources = brokerSources({ broker, clock: HASTY });
    await using ear = new Ear(await opened(sources));
    await ear.hears(1);
    there.isAway = true;
    lamps.press(100);
    const before = there.callCount;
    await eventually("it is tried in vain", () => {
      lamps.press();
      return there.callCount > before + 1;
    });
    const { lastSeq } = lamps.recorder;
    there.isAway = false;
    await ear.hears(lastSeq);
    lamps.press(3);
    await ear.hears(lastSeq + 3);
    const frames = ear.messages.filter(isFrame).map(({ seq }) => seq);
    const missing = ear.messages.flatMap((each) => {
      if (each.type !== "gap") return [];
      return Array.from({ length: each.count }, (_, index) => each.from + index);
    });
    assert(missing.length > 0);
    const all = [...frames, ...missing].sort((one, other) => one - other);
    assertEquals(all, Array.from({ length: lastSeq + 2 }, (_, index) => index + 2));
    assertEquals(lamps.attachments, { begun: 1, ended: 0 });
  },
);

Deno.test("a follower that is too slow for what a telling keeps is told a gap", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using lamps = new LampProcess(broker);
  await using sources = brokerSources({ broker, clock: HASTY });
  await using ear = new Ear(await opened(sources));
  await ear.hears(1);
  const desk = await broker.loadJournal(deskOf("lamps-1"));
  const telling = tellingOf(decodeDesk(desk?.state ?? "")?.life ?? "");
  const missing = () =>
    ear.messages.reduce((sum, each) => each.type === "gap" ? sum + each.count : sum, 0);
  let presses = 0;
  // What was told is trimmed, until once it was not read before.
  while (missing() === 0 && presses < 500) {
    lamps.press(5);
    const entries = [{ fields: ["kind", "messages", "part", "0/1", "text", "[]"] }];
    await broker.changeJournal(telling, { entries, lengthMax: 0 });
    lamps.press(5);
    presses += 10;
    await ear.hears(1 + presses);
  }
  assert(missing() > 0);
  assertEquals(ear.messages.filter(isFrame).length + missing(), presses);
});

Deno.test("Publication keeps no more of a telling than its bound in bytes", async () => {
  await using open = await openSqliteBroker({ path: ":memory:" });
  const telling = tellingOf("l1");
  await open.createJournal(telling, { state: "{}" });
  const clock = new VirtualClock();
  const recorder = recorderFor();
  // A status of some 700 KiB that always changes.
  const consumers = Array.from({ length: 1_000 }, () => ({ facts: FACTS, why: "" }));
  let committedCount = 0;
  const status = () => {
    committedCount++;
    const facts = { ...FACTS, committedCount };
    const all = [{ facts, why: "" }, ...consumers];
    const own = { instance: "p1", version: "1.0.0", atMs: 1, takesCommands: false };
    return Promise.resolve({ ...own, consumers: all });
  };
  await using publication = new Publication({
    broker: open,
    telling,
    recorder,
    attach: () => () => {},
    status,
    clock,
    random: systemRandom,
    log: silentLog,
    onOver() {},
  });
  for (let round = 0; round < 20; round++) {
    publication.follow("nothing");
    const told = committedCount;
    await eventually("another status is told", async () => {
      await clock.advance(100);
      return committedCount > told;
    });
  }
  const page = await open.readJournal(telling, { count: 10_000, bytesMax: 67_108_864 });
  const bytes = page?.entries.reduce((sum, { fields }) => sum + fieldsByteLength(fields), 0) ?? 0;
  assert(bytes > 6_000_000 && bytes <= 8_388_608, `it keeps ${bytes} bytes`);
});
