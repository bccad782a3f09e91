/**
 * Promise: an event whose handler fails is tried again and holds back only its own key; one that is given up is moved
 * to the dead letters in the same atomic commit; a deferred one comes back, also after a crash. Method: real brokers,
 * handlers that fail on purpose, the story of every attempt compared whole, then what the broker holds.
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Broker,
  deadLetterStream,
  readDeadLetter,
  type Report,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

const quick = { retry: { initialMs: 2, maxMs: 10, multiplier: 2 } } as const;

function consumerOn(broker: Broker, options?: Partial<StreamConsumerOptions>): StreamConsumer {
  return new StreamConsumer({ broker, stream: "jobs", group: "workers", ...quick, ...options });
}

async function publish(broker: Broker, ...events: [data: unknown, key?: string][]): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany(events.map(([data, key]) => ({
    type: "job",
    data,
    ...(key === undefined ? {} : { key }),
  })));
}

async function deadLetters(broker: Broker): Promise<unknown[]> {
  const entries = await broker.range(deadLetterStream("jobs"), { count: 100 });
  return entries.map((entry) => {
    const letter = readDeadLetter(entry);
    return [letter?.meta.reason, letter?.meta.error?.message, letter?.meta.attempts];
  });
}

testOnEachBroker(
  "a failing event is tried again in place and keeps its order",
  async ({ broker }) => {
    const story: string[] = [];
    await publish(broker, ["A"], ["B"], ["C"]);
    await using consumer = consumerOn(broker);
    await consumer.subscribe((event, context) => {
      story.push(`${event.data} ${context.attempt}`);
      if (event.data === "B" && context.attempt < 3) throw new Error("not yet");
    });
    await eventually("all were handled", () => story.length === 5);
    assertEquals(story, ["A 1", "B 1", "B 2", "B 3", "C 1"]);
  },
);

testOnEachBroker("a failing event holds back only its own key", async ({ broker }) => {
  const story: string[] = [];
  let fixed = false;
  await publish(broker, ["a1", "a"], ["b1", "b"], ["a2", "a"], ["b2", "b"]);
  await using consumer = consumerOn(broker, { attemptsMax: 1_000 });
  await consumer.subscribe((event) => {
    if (event.data === "a1" && !fixed) throw new Error("not yet");
    story.push(String(event.data));
  });
  await eventually("the other key went on", () => story.length === 2);
  assertEquals(story, ["b1", "b2"]);
  fixed = true;
  await eventually("the key came back", () => story.length === 4);
  assertEquals(story, ["b1", "b2", "a1", "a2"]);
});

testOnEachBroker(
  "an event that keeps failing becomes a dead letter, with its reason",
  async ({ broker }) => {
    const story: string[] = [];
    await publish(broker, ["poison"], ["B"]);
    const reports: Report[] = [];
    const onReport = (report: Report) => void reports.push(report);
    await using consumer = consumerOn(broker, { attemptsMax: 3, onReport });
    await consumer.subscribe((event, context) => {
      story.push(`${event.data} ${context.attempt}`);
      context.publish("results", { type: "result", data: event.data });
      if (event.data === "poison") throw new Error("cannot be done");
    });
    await eventually("B was handled", () => story.includes("B 1"));
    await consumer.stop();
    assertEquals(story, ["poison 1", "poison 2", "poison 3", "B 1"]);
    assertEquals(await deadLetters(broker), [["its handler failed 3 times", "cannot be done", 3]]);
    const [original] = await broker.range("jobs", { count: 1 });
    assertEquals(reports, [{
      kind: "deadLettered",
      id: original?.id ?? "0-0",
      reason: "its handler failed 3 times",
      error: "cannot be done",
    }]);
    const { committedCount, deadLetteredCount } = consumer.context ?? {};
    assertEquals([committedCount, deadLetteredCount], [2, 1]);
    const results = await broker.range("results", { count: 10 });
    assertEquals(results.length, 1, "the outputs of failed attempts are dropped");
    const [group] = await broker.listGroups("jobs");
    assertEquals(group?.pendingCount, 0);
  },
);

testOnEachBroker(
  "entries that cannot be read become dead letters and the loop goes on",
  async ({ broker }) => {
    const seen: unknown[] = [];
    const bytes = new Uint8Array([0xff, 0xfe, 0, 0x80]);
    await broker.append("jobs", [
      { fields: ["event_type", "job", "payload", "{rubbish"] },
      { fields: ["no", "type"] },
      { fields: ["event_type", "job", "payload", bytes] },
      { fields: ["event_type", "job", "payload", "[".repeat(10_000)] },
      { fields: Array.from({ length: 6_000 }, (_, index) => `part ${index}`) },
      { fields: ["__proto__", "x", "event_type", "job", "payload", "1"] },
    ]);
    await using consumer = consumerOn(broker);
    await consumer.subscribe((event) => void seen.push(event.data));
    await eventually("the good one was handled", () => seen.length === 1);
    await consumer.stop();
    const letters = await broker.range(deadLetterStream("jobs"), { count: 10 });
    assertEquals(letters.length, 5);
    const kept = letters.map((entry) => readDeadLetter(entry)?.fields);
    assertEquals(kept[0], ["event_type", "job", "payload", "{rubbish"]);
    assertEquals(kept[2], ["event_type", "job", "payload", bytes]);
    const folded = letters.map((entry) => readDeadLetter(entry)?.meta.omitted?.bytes);
    assertEquals(folded.map((size) => size !== undefined), [false, false, false, false, true]);
  },
);

testOnEachBroker(
  "an event given up by its handler, or refused by its schema, is a dead letter",
  async ({ broker }) => {
    await publish(broker, ["unwanted"], [17]);
    await using consumer = consumerOn(broker);
    await consumer.subscribe<string>({
      schema: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value) =>
            typeof value === "string" ? { value } : { issues: [{ message: "wanted a text" }] },
        },
      },
      handle: (event, context) => context.deadLetter(`${event.data} is not for us`),
    });
    await eventually("both are dead letters", async () => (await deadLetters(broker)).length === 2);
    await consumer.stop();
    assertEquals(
      (await deadLetters(broker)).map((letter) => Array.isArray(letter) ? letter[0] : ""),
      [
        "unwanted is not for us",
        "its data is not valid: wanted a text",
      ],
    );
  },
);

testOnEachBroker(
  "a deferred event comes back when it is due, also in another process",
  async ({ broker, reopen }) => {
    const story: string[] = [];
    await publish(broker, ["later", "k"], ["other", "x"]);
    const first = consumerOn(broker);
    await first.subscribe((event, context) => {
      story.push(`first ${event.data}`);
      if (event.data === "later") context.defer(400);
    });
    const begun = Date.now();
    await eventually("both ran", () => story.length === 2);
    await eventually("the deferral was committed", async () => {
      const { checkpoint } = await committed(broker);
      return checkpoint;
    });
    await first.stop();
    await using again = await reopen();
    await using second = consumerOn(again, { consumer: "second", leaseMs: 300 });
    await second.subscribe((event) => void story.push(`second ${event.data}`));
    await eventually("it came back", () => story.length === 3);
    assertEquals(story, ["first later", "first other", "second later"]);
    assert(Date.now() - begun >= 390, "not before it was due");
  },
);

async function committed(broker: Broker): Promise<{ checkpoint: boolean }> {
  const stored = await broker.loadCheckpoint("jobs", "workers");
  return {
    checkpoint: JSON.stringify(stored).includes("done") &&
      !/"done":\[\]/.test(JSON.stringify(stored)),
  };
}

testOnEachBroker("without an order, a failing event holds back nothing", async ({ broker }) => {
  const story: string[] = [];
  let fixed = false;
  await publish(broker, ["a1", "a"], ["a2", "a"]);
  await using consumer = consumerOn(broker, { order: "none", attemptsMax: 1_000 });
  await consumer.subscribe((event) => {
    if (event.data === "a1" && !fixed) throw new Error("not yet");
    story.push(String(event.data));
  });
  await eventually("the other went on", () => story.length === 1);
  fixed = true;
  await eventually("both were handled", () => story.length === 2);
  assertEquals(story, ["a2", "a1"]);
});

testOnEachBroker("a handler that never settles costs only its own event", async ({ broker }) => {
  const story: string[] = [];
  await publish(broker, ["stuck", "a"], ["fine", "b"]);
  await using consumer = consumerOn(broker, {
    handlerTimeoutMs: 30,
    attemptsMax: 2,
    workersMax: 2,
  });
  await consumer.subscribe((event, context) => {
    if (event.data === "fine") return void story.push("fine");
    context.signal.addEventListener("abort", () => story.push("told to stop"));
    return new Promise<void>(() => {});
  });
  await eventually("it was given up", async () => (await deadLetters(broker)).length === 1);
  assertEquals(story, ["fine", "told to stop", "told to stop"]);
});

testOnEachBroker("a stream with the longest name can have dead letters", async ({ broker }) => {
  const stream = "s".repeat(256);
  await new StreamProducer({ broker, stream }).publish({ type: "a" });
  await using consumer = new StreamConsumer({ broker, stream, group: "workers" });
  await consumer.subscribe((_, context) => context.deadLetter("no"));
  const dead = async () => await broker.range(deadLetterStream(stream), { count: 10 });
  await eventually("it is given up", async () => (await dead()).length === 1);
  assertEquals((await dead()).map((letter) => readDeadLetter(letter)?.meta.reason), ["no"]);
});
