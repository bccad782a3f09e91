/**
 * Promise: an entry has one owner at a time. A long job is never taken from a living consumer; a dead consumer's
 * entries are taken over; a consumer that stops hands its entries back at once; of two processes with one name the
 * older one is fenced. Method: real brokers, short leases, the story of who handled what.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Broker,
  ConsumerFencedError,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

const LEASE_MS = 300;

function consumerOn(broker: Broker, options: Partial<StreamConsumerOptions>): StreamConsumer {
  return new StreamConsumer({
    broker,
    stream: "jobs",
    group: "workers",
    leaseMs: LEASE_MS,
    ...options,
  });
}

async function publish(broker: Broker, ...names: string[]): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany(names.map((data) => ({ type: "job", data })));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

testOnEachBroker(
  "a job longer than its lease is not taken from a living consumer",
  async ({ broker, reopen }) => {
    const story: string[] = [];
    await publish(broker, "long", "waiting");
    await using other = await reopen();
    await using owner = consumerOn(broker, { consumer: "owner" });
    await owner.subscribe(async (event) => {
      story.push(`owner begins ${event.data}`);
      if (event.data === "long") {
        await pause(LEASE_MS * 4);
        const pending = await broker.listPending("jobs", "workers", { count: 10 });
        story.push(`handed out ${pending.map(({ deliveries }) => deliveries).join(" and ")} times`);
      }
      story.push(`owner ends ${event.data}`);
    });
    await eventually("it began", () => story.length === 1);
    await using rival = consumerOn(other, { consumer: "rival" });
    await rival.subscribe((event) => void story.push(`rival ${event.data}`));
    await eventually("it is done", () => story.includes("owner ends waiting"));
    assertEquals(story, [
      "owner begins long",
      "handed out 1 and 1 times",
      "owner ends long",
      "owner begins waiting",
      "owner ends waiting",
    ]);
  },
);

testOnEachBroker("a dead consumer's entries are taken over after its lease", async ({ broker }) => {
  await publish(broker, "A", "B", "C");
  const { membership } = await broker.join({
    stream: "jobs",
    group: "workers",
    consumer: "dead",
    order: "key",
  });
  await broker.establish(membership, {
    createStream: false,
    group: { create: "0-0" },
    checkpoint: { position: "0-0", done: [] },
    quarantine: false,
  });
  const { signal } = new AbortController();
  const taken = await broker.readNew(membership, { count: 2, blockMs: 0, signal });
  assertEquals(taken.length, 2);
  const story: string[] = [];
  await using heir = consumerOn(broker, { consumer: "heir" });
  await heir.subscribe((event, context) => void story.push(`${event.data} ${context.deliveries}`));
  await eventually("all were handled", () => story.length === 3);
  assertEquals(story.sort(), ["A 2", "B 2", "C 1"]);
});

testOnEachBroker(
  "a consumer that stops hands back what it has not finished",
  async ({ broker, reopen }) => {
    const story: string[] = [];
    await publish(broker, "running", "waiting 1", "waiting 2");
    await using other = await reopen();
    const leaver = consumerOn(broker, { consumer: "leaver", leaseMs: 60_000, graceMs: 5_000 });
    await leaver.subscribe(async (event) => {
      await pause(100);
      story.push(`leaver ${event.data}`);
    });
    await eventually("it runs", () => leaver.load.running === 1);
    await leaver.stop();
    assertEquals(leaver.state, "stopped");
    await using heir = consumerOn(other, { consumer: "heir", leaseMs: 60_000 });
    await heir.subscribe((event, context) =>
      void story.push(`heir ${event.data} ${context.deliveries}`)
    );
    await eventually("all were handled", () => story.length === 3);
    assertEquals(story[0], "leaver running");
    assertEquals(story.slice(1).map((line) => line.replace(/ \d$/, "")), [
      "heir waiting 1",
      "heir waiting 2",
    ]);
  },
);

testOnEachBroker(
  "a handler that does not end is cut off after the grace, and its entry handed back",
  async ({ broker }) => {
    await publish(broker, "endless");
    let reason: unknown;
    const consumer = consumerOn(broker, { graceMs: 50 });
    await consumer.subscribe((_, context) => {
      context.signal.addEventListener("abort", () => reason = context.signal.reason);
      return new Promise<void>(() => {});
    });
    await eventually("it runs", () => consumer.load.running === 1);
    const begun = Date.now();
    await consumer.stop();
    assert(Date.now() - begun < 1_050, "within the grace and a second");
    assert(reason instanceof Error);
    assertEquals(reason.message, "The handler was told to stop: stopped");
  },
);

testOnEachBroker(
  "of two processes with one name the older is fenced, and nothing is doubled",
  async ({ broker, reopen }) => {
    await using other = await reopen();
    const names = Array.from({ length: 40 }, (_, index) => `job ${index}`);
    const older = consumerOn(broker, { count: 5 });
    await older.subscribe(async (event, context) => {
      await pause(5);
      context.publish("results", { type: "result", data: event.data });
    });
    await publish(broker, ...names);
    await eventually(
      "the older one works",
      async () => (await broker.range("results", { count: 1 })).length > 0,
    );
    await using newer = consumerOn(other, { count: 5 });
    await newer.subscribe((event, context) => {
      context.publish("results", { type: "result", data: event.data });
    });
    const error = await assertRejects(() => older.finished, ConsumerFencedError);
    assertEquals(older.state, "failed");
    assert(
      error.message.startsWith('Cannot go on as consumer "main": a newer process uses this name'),
    );
    await eventually(
      "all are done",
      async () => (await broker.range("results", { count: 100 })).length >= 40,
    );
    const results = await broker.range("results", { count: 100 });
    const ids = results.map((entry) => entry.fields[entry.fields.indexOf("source_id") + 1]);
    assertEquals([ids.length, new Set(ids).size], [40, 40]);
  },
);
