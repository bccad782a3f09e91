/**
 * Promise: in mode "threads" handlers that keep a processor busy run side by side, with the same guarantees; a handler
 * that blocks, or ends its thread, costs its own event only. Method: real brokers, handlers that never pause and meet by
 * way of files, threads that end in the middle of an attempt; then the outputs and dead letters as the broker holds them.
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Broker,
  deadLetterStream,
  readDeadLetter,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import type { Work } from "../support/thread_work.ts";

const HANDLER = new URL("../support/thread_work.ts", import.meta.url);

async function publish(broker: Broker, ...events: [work: Work, key?: string][]): Promise<void> {
  const producer = new StreamProducer<Work>({ broker, stream: "jobs" });
  await producer.publishMany(events.map(([data, key]) => ({ type: "job", data, key })));
}

function consumerOn(broker: Broker, options: Partial<StreamConsumerOptions>): StreamConsumer {
  const place = { broker, stream: "jobs", group: "workers", mode: "threads" } as const;
  return new StreamConsumer({ ...place, retry: { initialMs: 2, maxMs: 10 }, ...options });
}

async function untilCommitted(consumer: StreamConsumer, count: number): Promise<void> {
  await eventually("all are committed", () => (consumer.context?.committedCount ?? 0) >= count);
}

/** The numbers of the outputs, by key, in the order in which they were committed. */
async function resultsByKey(broker: Broker): Promise<Record<string, number[]>> {
  const byKey: Record<string, number[]> = {};
  for (const { fields } of await broker.range("results", { count: 1_000 })) {
    const value = (name: string) => String(fields[fields.indexOf(name) + 1]);
    (byKey[value("key")] ??= []).push(Number(value("payload")));
  }
  return byKey;
}

testOnEachBroker("handlers that never pause run at the same time", async ({ broker }) => {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-" });
  try {
    const [a, b] = [`${folder}/a`, `${folder}/b`];
    await publish(broker, [{ kind: "meet", own: a, other: b }, "a"], [
      { kind: "meet", own: b, other: a },
      "b",
    ]);
    await using consumer = consumerOn(broker, { workersMax: 2, attemptsMax: 1 });
    await consumer.subscribe(HANDLER);
    await untilCommitted(consumer, 2);
    assertEquals(await broker.range(deadLetterStream("jobs"), { count: 10 }), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testOnEachBroker(
  "threads that end lose and double nothing, and keep the order of every key",
  async ({ broker }) => {
    const numbers = Array.from({ length: 60 }, (_, number) => number);
    await publish(
      broker,
      ...numbers.map((number): [Work, string] => [
        { kind: "pass", number, deadly: number % 20 === 5 },
        `key ${number % 4}`,
      ]),
    );
    const broken: string[] = [];
    const log = {
      log: (_: string, message: string) => void (/broke/.test(message) && broken.push(message)),
    };
    await using consumer = consumerOn(broker, { workersMin: 2, workersMax: 2, log });
    await consumer.subscribe(HANDLER);
    await untilCommitted(consumer, 60);
    const expected = [0, 1, 2, 3].map((key) => [
      `key ${key}`,
      numbers.filter((number) => number % 4 === key),
    ]);
    assertEquals(await resultsByKey(broker), Object.fromEntries(expected));
    assertEquals(broken.length, 3);
  },
);

testOnEachBroker(
  "an event whose handler never ends is given up at its timeout, and others go on",
  async ({ broker }) => {
    await publish(
      broker,
      [{ kind: "spin", spinMs: 0 }, "a"],
      [{ kind: "pass", number: 1, deadly: false }, "b"],
      [{ kind: "pass", number: 2, deadly: false }, "a"],
    );
    await using consumer = consumerOn(broker, {
      workersMax: 2,
      attemptsMax: 1,
      handlerTimeoutMs: 1_000, // a short event must not meet it on a busy machine
    });
    await consumer.subscribe(HANDLER);
    await untilCommitted(consumer, 3);
    assertEquals(await resultsByKey(broker), { b: [1], a: [2] });
    const letters = await broker.range(deadLetterStream("jobs"), { count: 10 });
    assertEquals(letters.map((entry) => readDeadLetter(entry)?.meta.error), [{
      name: "HandlerAbortedError",
      message: "The handler was told to stop: timeout",
    }]);
  },
);

testOnEachBroker(
  "an event that always ends its thread becomes a dead letter with the reason",
  async ({ broker }) => {
    const deadly: Work = { kind: "pass", number: 0, deadly: true };
    await publish(broker, [deadly], [{ kind: "pass", number: 1, deadly: false }]);
    await using consumer = consumerOn(broker, { attemptsMax: 1 });
    await consumer.subscribe(HANDLER);
    await untilCommitted(consumer, 2);
    const letters = await broker.range(deadLetterStream("jobs"), { count: 10 });
    assertEquals(letters.map((entry) => readDeadLetter(entry)?.meta.error?.message), [
      "The thread that ran it ended: it was closed from inside, with exit code 0",
    ]);
    assertEquals((await broker.range("results", { count: 10 })).length, 1);
  },
);

testOnEachBroker(
  "stop ends a handler that never pauses, a second after the grace at the latest",
  async ({ broker }) => {
    await publish(broker, [{ kind: "spin", spinMs: 30_000 }]);
    const consumer = consumerOn(broker, { graceMs: 100 });
    await consumer.subscribe(HANDLER);
    await eventually("it runs", () => consumer.load.running === 1);
    const startedMs = performance.now();
    await consumer.stop();
    const tookMs = performance.now() - startedMs;
    assert(tookMs < 10_000, `stop took ${tookMs} ms`);
    assertEquals((await broker.listGroups("jobs"))[0]?.pendingCount, 1);
  },
);
