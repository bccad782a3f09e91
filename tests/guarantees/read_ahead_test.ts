/**
 * Promise: what is read while a commit is under way is handled like everything else: once, in order, and never lost by a
 * read or a commit that fails beside others. Method: real brokers whose calls are held back or fail; outputs compared whole.
 */

import { assert, assertEquals } from "@std/assert";
import {
  type Broker,
  BrokerUnavailableError,
  StreamConsumer,
  StreamProducer,
  UnknownOutcomeError,
} from "../../mod.ts";
import type { Membership, ReadNewOptions } from "../../src/ports/consumer_store.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { faultyBroker } from "../support/faulty_broker.ts";

const NUMBERS = Array.from({ length: 400 }, (_, index) => index);

/** Publishes numbers that all have the same key. */
async function publishNumbers(broker: Broker): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "numbers" });
  await producer.publishMany(NUMBERS.map((data) => ({ type: "number", data, key: "k" })));
}

/** Starts a consumer that copies each number. */
async function copy(broker: Broker, options: { readonly count: number }): Promise<StreamConsumer> {
  const place = { broker, stream: "numbers", group: "copiers" };
  const consumer = new StreamConsumer({ ...place, ...options, leaseMs: 1_000 });
  await consumer.subscribe((event, context) => {
    context.publish("copies", { type: "copy", data: event.data, key: "k" });
  });
  return consumer;
}

testOnEachBroker(
  "a backlog is read in larger pieces for quick handlers, and in small ones for slow ones",
  async ({ broker }) => {
    await publishNumbers(broker);
    const asked: number[] = [];
    const watched = new Proxy(broker, {
      get(target, name): unknown {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name !== "readNew") return value.bind(target);
        return (membership: Membership, options: ReadNewOptions) => {
          asked.push(options.count);
          return target.readNew(membership, options);
        };
      },
    });
    let handleMs = 0;
    let handled = 0;
    const place = { broker: watched, stream: "numbers", group: "timed", count: 2 };
    await using consumer = new StreamConsumer(place);
    await consumer.subscribe(async () => {
      if (handleMs > 0) await new Promise((resolve) => setTimeout(resolve, handleMs));
      if (++handled === NUMBERS.length / 2) handleMs = 10;
    });
    await eventually("half were handled", () => handled >= NUMBERS.length / 2);
    assert(Math.max(...asked) > 2 && Math.max(...asked) <= 32, `it asked for ${asked}`);
    // What it held then, and a read that was under way: 32 each at most.
    await eventually("slow ones took over", () => handled >= NUMBERS.length / 2 + 70);
    assert((asked.at(-1) ?? NaN) <= 2, `it asked for ${asked.slice(-5)} at last`);
  },
);

/** What a reader of its own finds in the copies, when there are as many as numbers or a little later. */
async function copies(broker: Broker): Promise<unknown[]> {
  const found: unknown[] = [];
  const place = { broker, stream: "copies", group: "checkers" };
  await using checker = new StreamConsumer(place);
  await checker.subscribe((event) => void found.push(event.data));
  await eventually("all copies are there", () => found.length >= NUMBERS.length);
  return found;
}

testOnEachBroker(
  "handlers go on while a commit is under way, and the next commit carries what they did",
  async ({ broker }) => {
    await publishNumbers(broker);
    const commits: number[] = [];
    let answered = 0;
    const slow = faultyBroker(broker, {
      before: () => {},
      after: async ({ method }) => {
        if (method !== "commit") return;
        commits.push(answered);
        await new Promise((resolve) => setTimeout(resolve, 20));
        answered++;
      },
    });
    await using consumer = await copy(slow, { count: 10 });
    await eventually(
      "all were committed",
      () => consumer.context?.committedCount === NUMBERS.length,
    );
    assertEquals(await copies(broker), NUMBERS);
    assert(commits.length < NUMBERS.length / 10, `${commits.length} commits for 40 reads`);
  },
);

testOnEachBroker(
  "a read of a backlog that fails loses nothing",
  async ({ broker }) => {
    await publishNumbers(broker);
    let reads = 0;
    let failed = 0;
    const flaky = faultyBroker(broker, ({ method }) => {
      if (method !== "readNew" || ++reads % 3 !== 0 || failed === 5) return;
      failed++;
      throw new BrokerUnavailableError("read", "a test says so");
    });
    await using consumer = await copy(flaky, { count: 1 });
    await eventually(
      "all were committed",
      () => consumer.context?.committedCount === NUMBERS.length,
    );
    assertEquals([failed, await copies(broker)], [5, NUMBERS]);
  },
);

testOnEachBroker(
  "a read of a backlog whose answer is lost loses nothing",
  async ({ broker }) => {
    await publishNumbers(broker);
    let reads = 0;
    let failed = 0;
    const flaky = faultyBroker(broker, {
      before: () => {},
      after: ({ method }) => {
        if (method !== "readNew" || ++reads % 3 !== 0 || failed === 3) return;
        failed++;
        throw new UnknownOutcomeError("read", "a test says so");
      },
    });
    await using consumer = await copy(flaky, { count: 1 });
    await eventually(
      "all were committed",
      () => consumer.context?.committedCount === NUMBERS.length,
    );
    assertEquals([failed, await copies(broker)], [3, NUMBERS]);
  },
);
