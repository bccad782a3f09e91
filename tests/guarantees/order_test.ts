/**
 * Promise: the events of one key are handled and committed in order, over all consumers of a group, while other keys go
 * on beside them. Method: several consumers on one group, handlers of uneven speed, one that leaves in the middle; then
 * the outputs as the broker holds them.
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Broker,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

const KEYS = 7;
const EVENTS = 210;

async function publishKeyed(broker: Broker): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "moves" });
  const events = Array.from({ length: EVENTS }, (_, index) => ({
    type: "move",
    key: `key ${index % KEYS}`,
    data: index,
  }));
  await producer.publishMany(events);
}

/** The numbers of the outputs, by key, in the order in which they were committed. */
async function outputsByKey(broker: Broker): Promise<Map<string, number[]>> {
  const byKey = new Map<string, number[]>();
  for (const { fields } of await broker.range("done", { count: 1_000 })) {
    const value = (name: string) => String(fields[fields.indexOf(name) + 1]);
    const numbers = byKey.get(value("key")) ?? [];
    numbers.push(Number(value("payload")));
    byKey.set(value("key"), numbers);
  }
  return byKey;
}

function expectedByKey(): Map<string, number[]> {
  const byKey = new Map<string, number[]>();
  for (let index = 0; index < EVENTS; index++) {
    const key = `key ${index % KEYS}`;
    byKey.set(key, [...byKey.get(key) ?? [], index]);
  }
  return byKey;
}

async function moverOn(
  broker: Broker,
  consumer: string,
  options?: Partial<StreamConsumerOptions>,
): Promise<{ consumer: StreamConsumer; handled: () => number }> {
  let handled = 0;
  const running = new Set<string>();
  const mover = new StreamConsumer({
    broker,
    stream: "moves",
    group: "movers",
    consumer,
    count: 8,
    workersMax: 4,
    leaseMs: 1_000,
    ...options,
  });
  await mover.subscribe(async (event, context) => {
    const key = event.key ?? "";
    assert(!running.has(key), `two events of ${key} ran at once`);
    running.add(key);
    await new Promise((resolve) => setTimeout(resolve, Number(event.data) % 5));
    context.publish("done", { type: "done", key, data: event.data });
    running.delete(key);
    handled++;
  });
  return { consumer: mover, handled: () => handled };
}

testOnEachBroker(
  "three consumers keep the order of every key between them",
  async ({ broker, reopen }) => {
    await using second = await reopen();
    await using third = await reopen();
    const movers = await Promise.all(
      [broker, second, third].map((each, index) => moverOn(each, `mover ${index}`)),
    );
    await publishKeyed(broker);
    await eventually(
      "all are done",
      async () => (await broker.range("done", { count: 1_000 })).length >= EVENTS,
    );
    for (const { consumer } of movers) {
      await consumer.stop();
    }
    assertEquals(await outputsByKey(broker), expectedByKey());
    assert(movers.filter(({ handled }) => handled() > 0).length > 1, "the work was shared");
  },
);

testOnEachBroker(
  "the order of every key survives a consumer that leaves in the middle",
  async ({ broker, reopen }) => {
    await using second = await reopen();
    const leaver = await moverOn(broker, "leaver");
    const stayer = await moverOn(second, "stayer");
    await publishKeyed(broker);
    await eventually("the leaver has begun", () => leaver.handled() > 10);
    await leaver.consumer.stop({ now: true });
    await eventually(
      "all are done",
      async () => (await broker.range("done", { count: 1_000 })).length >= EVENTS,
    );
    await stayer.consumer.stop();
    assertEquals(await outputsByKey(broker), expectedByKey());
  },
);

for (const halt of ["pause", "stop"] as const) {
  testOnEachBroker(
    `a key does not wait for a consumer that was told to ${halt}`,
    async ({ broker, reopen }) => {
      await using second = await reopen();
      const producer = new StreamProducer({ broker, stream: "moves" });
      const gates = { x: Promise.withResolvers<void>(), y: Promise.withResolvers<void>() };
      const story: string[] = [];
      const consumerOf = (broker: Broker, consumer: string) =>
        new StreamConsumer({ broker, stream: "moves", group: "movers", consumer, blockMs: 50 });
      await using ann = consumerOf(broker, "ann");
      await using bob = consumerOf(second, "bob");
      await using _ = { [Symbol.asyncDispose]: async () => gates.y.resolve() };
      await ann.subscribe(async ({ key, data }) => {
        story.push(`ann ${key}${data}`);
        if (data === 1) await gates.x.promise;
      });
      await producer.publish({ type: "move", key: "x", data: 1 });
      await eventually("x is ann's", () => story.length === 1);
      ann.pause();
      await bob.subscribe(async ({ key, data }) => {
        story.push(`bob ${key}${data}`);
        await gates.y.promise;
      });
      await producer.publishMany([
        { type: "move", key: "y", data: 2 },
        { type: "move", key: "x", data: 3 },
      ]);
      await eventually("x waits for bob", async () => {
        const pending = await broker.listPending("moves", "movers", { count: 10 });
        const isThere = pending.filter(({ consumer }) => consumer === "bob").length === 2;
        return isThere && story.includes("bob y2");
      });
      const stopping = halt === "stop" ? bob.stop() : bob.pause();
      ann.resume();
      gates.x.resolve();
      await eventually("x goes on", () => story.includes("ann x3"));
      gates.y.resolve();
      await stopping;
      assertEquals(story, ["ann x1", "bob y2", "ann x3"]);
    },
  );
}
