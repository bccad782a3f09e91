/**
 * Promise: every group gets every event, from where it was told to begin, soon after it was published, and what was
 * published while it was away. Method: real brokers, real consumers, the list of what each handler saw compared whole.
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Broker,
  type EntryId,
  type StartPosition,
  StreamConsumer,
  type StreamConsumerOptions,
  StreamProducer,
} from "../../mod.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

/** Starts a consumer that writes down the names that it sees. */
async function listen(
  broker: Broker,
  options: Partial<StreamConsumerOptions> & { handleMs?: number },
): Promise<{ consumer: StreamConsumer; seen: unknown[] }> {
  const { handleMs = 0, ...rest } = options;
  const seen: unknown[] = [];
  const consumer = new StreamConsumer({ broker, stream: "letters", group: "readers", ...rest });
  await consumer.subscribe(async (event) => {
    if (handleMs > 0) await new Promise((resolve) => setTimeout(resolve, handleMs));
    seen.push(event.data);
  });
  return { consumer, seen };
}

function lettersOn(broker: Broker): (...names: string[]) => Promise<EntryId[]> {
  const producer = new StreamProducer({ broker, stream: "letters" });
  return async (...names) => {
    const ids: EntryId[] = [];
    for (const name of names) ids.push((await producer.publish({ type: "letter", data: name })).id);
    return ids;
  };
}

testOnEachBroker("an event is seen within 500 ms of publishing", async ({ broker }) => {
  const publish = lettersOn(broker);
  const delays: number[] = [];
  let publishedAt = 0;
  await using consumer = new StreamConsumer({ broker, stream: "letters", group: "readers" });
  await consumer.subscribe(() => void delays.push(performance.now() - publishedAt));
  for (let round = 1; round <= 20; round++) {
    publishedAt = performance.now();
    await publish("A");
    await eventually("it was seen", () => delays.length === round);
  }
  delays.sort((a, b) => a - b);
  const shown = delays.map((ms) => ms.toFixed(1));
  console.log(`publish to handler: median ${shown[10]} ms, slowest ${shown[19]} ms`);
  assert((delays[19] ?? Infinity) < 500);
});

testOnEachBroker("events are handled in the order A, B, C", async ({ broker }) => {
  const publish = lettersOn(broker);
  const { consumer, seen } = await listen(broker, {});
  await using _ = consumer;
  const names = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  await publish(...names);
  await eventually("all were seen", () => seen.length === 26);
  assertEquals(seen, names);
});

testOnEachBroker("two groups at different speeds both get all events", async ({ broker }) => {
  const publish = lettersOn(broker);
  const fast = await listen(broker, { group: "fast" });
  const slow = await listen(broker, { group: "slow", handleMs: 10, count: 3 });
  await using _fast = fast.consumer;
  await using _slow = slow.consumer;
  const names = Array.from({ length: 40 }, (_, index) => `event ${index}`);
  await publish(...names);
  await eventually("both saw all", () => fast.seen.length === 40 && slow.seen.length === 40);
  assertEquals([fast.seen, slow.seen], [names, names]);
});

testOnEachBroker(
  "a new group begins at the beginning, the end, an id or a time",
  async ({ broker }) => {
    const publish = lettersOn(broker);
    const [, second] = await publish("A", "B", "C");
    assert(second !== undefined);
    await eventually("the clock has moved on", () => Date.now() > Number(second.split("-")[0]) + 5);
    const betweenMs = Date.now();
    await eventually("the clock has moved on", () => Date.now() > betweenMs);
    await publish("D");
    const starts: [string, StartPosition, string[]][] = [
      ["beginning", "beginning", ["A", "B", "C", "D", "E"]],
      ["end", "end", ["E"]],
      ["id", { afterId: second }, ["C", "D", "E"]],
      ["time", { fromTimeMs: betweenMs }, ["D", "E"]],
    ];
    const listeners = await Promise.all(
      starts.map(([group, start]) => listen(broker, { group, start })),
    );
    await publish("E");
    for (const [index, [, , expected]] of starts.entries()) {
      const seen = listeners[index]?.seen ?? [];
      await eventually("all were seen", () => seen.length >= expected.length);
      assertEquals(seen, expected);
    }
    for (const { consumer } of listeners) await consumer.stop();
  },
);

testOnEachBroker("a consumer that was away catches up", async ({ broker }) => {
  const publish = lettersOn(broker);
  await publish("A", "B");
  const before = await listen(broker, {});
  await eventually("the first were seen", () => before.seen.length === 2);
  await before.consumer.stop();
  await publish("C", "D", "E");
  const after = await listen(broker, {});
  await using _ = after.consumer;
  await eventually("the others were seen", () => after.seen.length === 3);
  assertEquals([before.seen, after.seen], [["A", "B"], ["C", "D", "E"]]);
});

testOnEachBroker(
  "two consumers of a group share its events, each is handled once",
  async ({ broker, reopen }) => {
    const publish = lettersOn(broker);
    await using other = await reopen();
    const one = await listen(broker, { consumer: "one", count: 5, handleMs: 2 });
    const two = await listen(other, { consumer: "two", count: 5, handleMs: 2 });
    const names = Array.from({ length: 60 }, (_, index) => `event ${index}`);
    await publish(...names);
    await eventually("all were seen", () => one.seen.length + two.seen.length >= 60);
    await one.consumer.stop();
    await two.consumer.stop();
    assert(one.seen.length > 0 && two.seen.length > 0);
    assertEquals([...one.seen, ...two.seen].map(String).sort(), [...names].sort());
  },
);
