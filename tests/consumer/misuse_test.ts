/** What a consumer says to a clumsy program, and that a hostile one harms only itself. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  InvalidOptionError,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

const place = { stream: "jobs", group: "workers" } as const;

Deno.test("StreamConsumer.subscribe refuses a consumer that was stopped, and starts nothing", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const consumer = new StreamConsumer({ broker, ...place });
  await consumer.stop();
  await assertRejects(() => consumer.subscribe(() => {}), ClosedError, "that was stopped");
  assertEquals(consumer.state, "stopped");
  assertEquals(await broker.listStreams(), []);
  await consumer.stop();
});

Deno.test("StreamConsumer.subscribe refuses what is no handler, before it reads anything", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  for (const given of [undefined, null, 5, {}, { handle: 1 }]) {
    const consumer = new StreamConsumer({ broker, ...place });
    const refusal = () => Reflect.apply(consumer.subscribe, consumer, [given]);
    await assertRejects(refusal, InvalidOptionError, "wanted a function, or an object");
    await consumer.stop();
  }
  assertEquals(await broker.listStreams(), []);
});

Deno.test("StreamConsumer says what is wrong with an option", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const faults = [
    { order: "Key" },
    { start: "begining" },
    { start: null },
    { codec: "json" },
    { onDataLoss: "ignore" },
    { onCheckpointLost: 1 },
    { broker: Promise.resolve(broker) },
    { log: 5 },
    { checkpointStore: "redis://" },
  ];
  const said = faults.map((fault) => {
    const options: StreamConsumerOptions = Object.assign({ broker, ...place }, fault);
    return assertThrows(() => new StreamConsumer(options), InvalidOptionError).message;
  });
  assertEquals(said, [
    'Cannot use option "order": it is "Key", wanted "key" or "none"',
    'Cannot use option "start": it is "begining", wanted "beginning", "end", { afterId } or { fromTimeMs }',
    'Cannot use option "start": it is null, wanted "beginning", "end", { afterId } or { fromTimeMs }',
    'Cannot use option "codec": it is "json", wanted "event" or "fields"',
    'Cannot use option "onDataLoss": it is "ignore", wanted "continue" or "stop"',
    'Cannot use option "onCheckpointLost": it is 1, wanted "stop" or "resetToStart" or "resetToEnd"',
    'Cannot use option "broker": it is "a promise", wanted an open broker, as await connect() gives it',
    'Cannot use option "log": it is "number", wanted an object with a function log',
    'Cannot use option "checkpointStore": it is "string", wanted a checkpoint store or null',
  ]);
});

Deno.test("listeners that throw or reject harm nobody", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const unhandled: unknown[] = [];
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", onUnhandled);
  try {
    for (const fail of [() => Promise.reject(null), () => Promise.reject(new Error("no"))]) {
      for (const log of [fail, () => void JSON.parse("no")]) {
        const consumer = new StreamConsumer({
          broker,
          ...place,
          attemptsMax: 2,
          retry: { initialMs: 1 },
          onReport: fail,
          inspect: fail,
          log: { log },
        });
        await consumer.subscribe((_event, context) => {
          context.log("info", "about to fail");
          return Promise.reject(null);
        });
        await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job", data: 1 });
        await eventually("it is given up", () => consumer.context?.committedCount === 1);
        await consumer.stop();
      }
    }
    await new Promise((resolve) => setTimeout(resolve)); // rejections are told after the turn
  } finally {
    removeEventListener("unhandledrejection", onUnhandled);
  }
  assertEquals(unhandled, []);
});

Deno.test("a handler that waits for its own stop is told to end when the grace is over", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const lines: string[] = [];
  const log = { log: (level: string, message: string) => void lines.push(`${level} ${message}`) };
  const consumer = new StreamConsumer({ broker, ...place, log, graceMs: 50 });
  await consumer.subscribe(() => consumer.stop());
  await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job", data: 1 });
  await consumer.finished;
  assertEquals(lines, [
    "info consumer reads",
    "debug rows of the start-up table",
    "warn handlers still ran at the end, their events will be handled again",
    "info consumer stopped",
  ]);
  assertEquals((await broker.listGroups("jobs"))[0]?.pendingCount, 1);
});

testOnEachBroker(
  "StreamConsumer.acknowledge takes what is its own, however many are given",
  async ({ broker }) => {
    const gate = Promise.withResolvers<void>();
    const seen: unknown[] = [];
    const told: unknown[] = [];
    await using consumer = new StreamConsumer({ broker, ...place });
    await assertRejects(() => consumer.acknowledge("1-0"), ClosedError);
    await consumer.subscribe(async (event, context) => {
      seen.push(event.data);
      context.signal.addEventListener("abort", () => told.push(event.data));
      if (event.data === 0) await gate.promise;
    });
    const events = [0, 1, 2].map((data) => ({ type: "job", data, key: "k" }));
    const ids = (await new StreamProducer({ broker, stream: "jobs" }).publishMany(events))
      .map(({ id }) => id);
    await eventually("the first one runs", () => seen.length === 1);
    await assertRejects(() => consumer.acknowledge("rubbish"), Error, "as an entry id");
    const foreign = Array.from({ length: 2_500 }, (_, index) => `1-${index}`);
    assertEquals(await consumer.acknowledge(...foreign), 0);
    assert(ids[2] !== undefined && ids[0] !== undefined);
    assertEquals(await consumer.acknowledge(ids[2]), 0, "the first one of its key is unfinished");
    assertEquals(await consumer.acknowledge(ids[0]), 1);
    assertEquals(told, [0]);
    gate.resolve();
    await eventually("nothing is pending", async () => {
      return (await broker.listGroups("jobs"))[0]?.pendingCount === 0;
    });
    assertEquals(seen, [0, 1, 2]);
  },
);
