/**
 * What somebody sees of a process that runs elsewhere, on every broker: everything, in order; and where something is
 * missing, exactly how much.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { isFrame } from "../../src/inspector/format.ts";
import { brokerSources } from "../../src/inspector/remote/broker_sources.ts";
import { decodeDesk } from "../../src/inspector/remote/desk_record.ts";
import { deskOf, tellingOf } from "../../src/inspector/remote/inspection_journals.ts";
import { InstanceUnreachableError } from "../../src/inspector/remote/remote_errors.ts";
import { explain } from "../../src/telemetry/explain.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { framesOf } from "./recorded_machines.ts";
import { Ear, HASTY, LampProcess, opened } from "./remote_rig.ts";

/** The telling of a process. */
async function tellingName(broker: Broker, instance = "lamps-1"): Promise<string> {
  const snapshot = await broker.loadJournal(deskOf(instance));
  return decodeDesk(snapshot?.state ?? "")?.life ?? "";
}

testOnEachBroker(
  "a follower sees every transition of another process, as it was recorded there",
  async ({ broker, reopen }) => {
    const elsewhere = await reopen();
    await using lamps = new LampProcess(broker);
    await using sources = brokerSources({ broker: elsewhere, clock: HASTY });
    const source = await opened(sources);
    await using ear = new Ear(source);
    await ear.hears(1);
    assertEquals(ear.words, ["header", "definition", "snapshot 1"]);
    assertEquals(ear.messages[0], lamps.recorder.header);
    for (let round = 0; round < 5; round++) {
      lamps.press(40);
      await ear.hears(1 + 40 * (round + 1));
    }
    assertEquals(ear.messages.filter(isFrame), framesOf(lamps.recorder).slice(1));
    // Who comes back goes on where it was; a number of another life does not count.
    const { startedAtMs } = lamps.recorder.header;
    await using back = new Ear(source, { after: { startedAtMs, seq: 199 } });
    await back.hears(201);
    assertEquals(back.words, ["header", "transition 200", "transition 201"]);
    await using other = new Ear(source, { after: { startedAtMs: startedAtMs - 1, seq: 199 } });
    await other.hears(201);
    assertEquals(other.words, ["header", "definition", "snapshot 201"]);
    if (elsewhere !== broker) {
      await sources[Symbol.asyncDispose]();
      await elsewhere[Symbol.asyncDispose]();
    }
  },
);

testOnEachBroker(
  "several followers share one recorder, and who comes later knows as much",
  async ({ broker }) => {
    await using lamps = new LampProcess(broker);
    assertEquals(lamps.followed.isFollowed, false);
    await using one = brokerSources({ broker, clock: HASTY });
    await using first = new Ear(await opened(one));
    await first.hears(1);
    lamps.press(4);
    await first.hears(5);
    await using two = brokerSources({ broker, clock: HASTY });
    await using second = new Ear(await opened(two));
    await second.hears(5);
    lamps.press(2);
    await first.hears(7);
    await second.hears(7);
    assertEquals(first.words.slice(3), [2, 3, 4, 5, 6, 7].map((seq) => `transition ${seq}`));
    assertEquals(second.words, [
      "header",
      "definition",
      "snapshot 5",
      "transition 6",
      "transition 7",
    ]);
    assertEquals(lamps.attachments, { begun: 1, ended: 0 });
  },
);

testOnEachBroker(
  "who comes later can see what was before, and whoever was there hears nothing twice",
  async ({ broker }) => {
    await using lamps = new LampProcess(broker);
    await using one = brokerSources({ broker, clock: HASTY });
    await using first = new Ear(await opened(one));
    await first.hears(1);
    lamps.press(4);
    await first.hears(5);
    await using two = brokerSources({ broker, clock: HASTY });
    await using second = new Ear(await opened(two), { back: 3 });
    await second.hears(5);
    lamps.press(1);
    await first.hears(6);
    await second.hears(6);
    const steps = (from: number) =>
      Array.from({ length: 7 - from }, (_, at) => `transition ${from + at}`);
    assertEquals(first.words, ["header", "definition", "snapshot 1", ...steps(2)]);
    assertEquals(second.words, ["header", "definition", "snapshot 2", ...steps(3)]);
  },
);

testOnEachBroker(
  "who follows is told the end of a process that ends, and sees its next life",
  async ({ broker }) => {
    await using sources = brokerSources({ broker, clock: HASTY });
    const lamps = new LampProcess(broker);
    await lamps.announce();
    const former = await opened(sources);
    await using ear = new Ear(former);
    await ear.hears(1);
    const lines = await sources.list();
    assertEquals(lines, [
      { instance: "lamps-1", startedAtMs: 5, isHere: false, canBeFollowed: true },
    ]);
    await lamps[Symbol.asyncDispose]();
    await eventually("the end is told", () => ear.hasEnded);
    assertEquals([await sources.open("lamps-1"), await sources.list()], [null, []]);
    await assertRejects(() => former.status(), InstanceUnreachableError);
    await using _again = new LampProcess(broker);
    const later = await opened(sources);
    assert(later !== former);
    await using news = new Ear(later);
    await news.hears(1);
  },
);

testOnEachBroker(
  "a process that takes the name of another is the one that is followed",
  async ({ broker }) => {
    await using former = new LampProcess(broker);
    await using sources = brokerSources({ broker, clock: HASTY });
    await using ear = new Ear(await opened(sources));
    await ear.hears(1);
    await using later = new LampProcess(broker);
    await eventually("the end of the former is told", () => ear.hasEnded);
    await using news = new Ear(await opened(sources));
    await news.hears(1);
    assertEquals(news.messages[0], later.recorder.header);
    later.press();
    await news.hears(2);
    assertEquals([former.attachments.begun, later.attachments.begun], [1, 1]);
  },
);

testOnEachBroker(
  "the status is explained where it is shown, at the time when it is shown",
  async ({ broker }) => {
    await using lamps = new LampProcess(broker);
    // Who looks is a day behind.
    const behind = { ...HASTY, nowMs: () => HASTY.nowMs() - 86_400_000 };
    await using sources = brokerSources({ broker, clock: behind });
    const source = await opened(sources);
    const status = await source.status();
    const [consumer] = status.consumers;
    assert(consumer !== undefined);
    const { facts } = consumer;
    assertEquals({ ...facts, nowMs: 2_000 }, lamps.facts);
    assert(Math.abs(facts.nowMs - HASTY.nowMs()) < 10_000);
    assertEquals(consumer.why, explain(facts).text);
    assertEquals([status.instance, status.version, status.takesCommands], [
      "lamps-1",
      "1.0.0",
      true,
    ]);
    lamps.facts = { ...lamps.facts, committedCount: 77 };
    await eventually("the change is told", async () => {
      return (await source.status()).consumers[0]?.facts.committedCount === 77;
    });
  },
);

testOnEachBroker(
  "a desk or a telling that somebody deletes is made again, and nothing is made up",
  async ({ broker }) => {
    await using lamps = new LampProcess(broker);
    await lamps.announce();
    await using sources = brokerSources({ broker, clock: HASTY });
    await using ear = new Ear(await opened(sources));
    await ear.hears(1);
    await broker.deleteJournal(tellingOf(await tellingName(broker)));
    lamps.press(3);
    await ear.hears(4);
    await broker.deleteJournal(deskOf("lamps-1"));
    await eventually("the desk is there again", async () => {
      return await broker.loadJournal(deskOf("lamps-1")) !== null;
    });
    lamps.press(1);
    await ear.hears(5);
    assertEquals(told(ear), { frames: told(ear).frames, all: 4 });
    assertEquals(ear.hasEnded, false);
  },
);

/** How many frames were heard, and how many with those that were said to be missing. */
function told(ear: Ear): { frames: number; all: number } {
  const frames = ear.messages.filter(isFrame).length;
  const missing = ear.messages.reduce(
    (sum, each) => each.type === "gap" ? sum + each.count : sum,
    0,
  );
  return { frames, all: frames + missing };
}

testOnEachBroker("rubbish on a desk or in a telling harms nobody", async ({ broker }) => {
  await using lamps = new LampProcess(broker);
  await using sources = brokerSources({ broker, clock: HASTY });
  await using ear = new Ear(await opened(sources));
  await ear.hears(1);
  const telling = tellingOf(await tellingName(broker));
  const huge = JSON.stringify([{
    type: "snapshot",
    seq: 9_007_199_254_740_991,
    atMs: 0,
    actors: [],
  }]);
  const rubbish = [
    ["x", "y"],
    ["kind", "messages", "part", "0/1", "text", "{"],
    ["kind", "messages", "part", "0/1", "text", '[{"type":"started","seq":1}]'],
    ["kind", "messages", "part", "0/1", "text", "[".repeat(20_000)],
    ["kind", "messages", "part", "0/1", "text", '{"__proto__":[1]}'],
    ["kind", "messages", "part", "1/2", "text", "[]"],
    ["kind", "messages", "part", "0/99999", "text", "[]"],
    ["kind", "messages", "part", "0/1", "text", new Uint8Array([255, 254])],
    ["kind", "status", "part", "0/1", "text", '{"version":7}'],
    ["kind", "messages", "part", "0/1", "text", huge],
    ["request", "../../x"],
    ["request", "nobody-made-it"],
    ["follow", "for ever"],
  ].map((fields) => ({ fields }));
  await broker.changeJournal(telling, { entries: rubbish });
  await broker.changeJournal(deskOf("lamps-1"), { entries: rubbish });
  await broker.changeJournal(deskOf("lamps-1"), { state: '{"format":1}' });
  lamps.press(2);
  // The number that cannot be was believed until the process was asked for the present.
  await eventually("the present is heard", async () => {
    lamps.press();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return ear.messages.slice(-1).some((each) =>
      isFrame(each) && each.seq === lamps.recorder.lastSeq
    );
  });
  await eventually("the desk is mended", async () => await tellingName(broker) !== "");
  assertEquals(ear.hasEnded, false);
  assertEquals(lamps.commands, []);
});

testOnEachBroker("nothing but what the recorder shows is published", async ({ broker }) => {
  await using lamps = new LampProcess(broker);
  await using sources = brokerSources({ broker, clock: HASTY });
  const source = await opened(sources);
  await using ear = new Ear(source);
  await ear.hears(1);
  lamps.press(3);
  await ear.hears(4);
  await source.status();
  const telling = tellingOf(await tellingName(broker));
  const page = await broker.readJournal(telling, { afterId: ENTRY_ID_ZERO, count: 1_000 });
  const text = JSON.stringify([page, await broker.loadJournal(deskOf("lamps-1"))]);
  assertEquals(text.match(/canary-payload|h1dden/g), null);
  assert(text.includes("switch.pressed"));
});
