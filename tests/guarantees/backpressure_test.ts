/**
 * Promise: a producer that is faster than the handlers is held back or told, in whatever process they run; what waits
 * stays bounded, and nothing is lost or doubled by it. A group that nobody reads counts too. A consumer that can take
 * no more reads no more, and keeps what it holds.
 *
 * Method: real brokers, producers that publish as fast as they can, handlers that take their time. The unread part is
 * counted by a third eye all the while, and the list of what was handled is compared whole.
 *
 * The bound: one waiting producer never makes the unread part of a group longer than `lagMax`, plus what is left of the
 * one append that crossed it (0 for single events, at most 999 for a list). Each of P producers counts for itself
 * between two measures, so that P of them stay within P times that. A producer that rejects stays within `lagMax` plus
 * what it publishes from one measure to the end of the next.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Broker, ClosedError, StreamConsumer, StreamProducer } from "../../mod.ts";
import { BackpressureError } from "../../src/domain/pressure_errors.ts";
import { BackpressureMonitor } from "../../src/orchestrator/backpressure/monitor.ts";
import { TroubledBroker } from "../backpressure/troubled_broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

/** Entries a consumer reads at once in these tests, and how many of such reads its pool holds. */
const COUNT = 10;
const WINDOW = 2 * COUNT;

/** For quicker handlers than this a pool may hold more than that, in ms. */
const HANDLE_MS = 6;

const EVENTS = 200;
const LAG_MAX = 50;

/** The shortest interval that there is, so that tests are short. */
const INTERVAL_MS = 10;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The longest unread part and the fullest pool, but for what waits for its commit, looked at all the while. */
class ThirdEye {
  unreadMost = 0;
  heldMost = 0;
  #closed = false;
  readonly #ended: Promise<void>;

  constructor(broker: Broker, consumers: readonly StreamConsumer[]) {
    this.#ended = this.#watch(broker, consumers);
  }

  async #watch(broker: Broker, consumers: readonly StreamConsumer[]): Promise<void> {
    while (!this.#closed) {
      // The brokers' own lag is right here: nothing is trimmed, and the groups began at the beginning.
      const [group] = await broker.listGroups("jobs");
      this.unreadMost = Math.max(this.unreadMost, group?.lag ?? 0);
      for (const { load: { inFlight, settled } } of consumers) {
        this.heldMost = Math.max(this.heldMost, inFlight - settled);
      }
      await pause(1);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#ended;
  }
}

/** A consumer whose handler takes a while, and the list of what it handled. */
async function slowConsumer(
  broker: Broker,
  handleMs: number,
): Promise<{ consumer: StreamConsumer; handled: unknown[] }> {
  const handled: unknown[] = [];
  const consumer = new StreamConsumer({ broker, stream: "jobs", group: "workers", count: COUNT });
  await consumer.subscribe(async (event) => {
    await pause(handleMs);
    handled.push(event.data);
  });
  return { consumer, handled };
}

/** The most appends between a measure and the one after the next, which begins when the next one has ended. */
function mostAppends(calls: readonly string[]): number {
  const appended: number[] = [];
  let count = 0;
  for (const call of calls) {
    if (call === "append") count++;
    if (call === "listGroups") appended.push(count);
  }
  appended.push(count, count);
  return Math.max(...appended.slice(2).map((at, index) => at - (appended[index] ?? 0)));
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

testOnEachBroker(
  "a waiting producer is held back, wherever the handlers are, and nothing is lost or doubled",
  async ({ broker, reopen }) => {
    await using other = await reopen();
    const { consumer, handled } = await slowConsumer(broker, HANDLE_MS);
    await using _ = consumer;
    const eye = new ThirdEye(broker, [consumer]);
    using producer = new StreamProducer({
      broker: other,
      stream: "jobs",
      backpressure: { lagMax: LAG_MAX, then: "wait", intervalMs: INTERVAL_MS },
    });
    // All at once: far more than the bound, and far faster than they are handled.
    await Promise.all(numbers(EVENTS).map((data) => producer.publish({ type: "job", data })));
    await eventually("all were handled", () => handled.length >= EVENTS);
    await eye.close();
    assertEquals(handled, numbers(EVENTS));
    assert(eye.unreadMost <= LAG_MAX, `${eye.unreadMost} were unread`);
    assert(eye.unreadMost >= LAG_MAX / 2, "the producer was never ahead, nothing was tested");
    assert(eye.heldMost <= WINDOW, `the pool held ${eye.heldMost}`);
    console.log(
      `unread at most ${eye.unreadMost} of ${LAG_MAX}, held ${eye.heldMost} of ${WINDOW}`,
    );
  },
);

testOnEachBroker(
  "a list crosses the bound by no more than its own append, and two producers by twice that",
  async ({ broker, reopen }) => {
    await using other = await reopen();
    const { consumer, handled } = await slowConsumer(broker, 0);
    await using _ = consumer;
    const eye = new ThirdEye(broker, [consumer]);
    const backpressure = { lagMax: LAG_MAX, then: "wait", intervalMs: INTERVAL_MS } as const;
    using here = new StreamProducer({ broker, stream: "jobs", backpressure });
    using there = new StreamProducer({ broker: other, stream: "jobs", backpressure });
    const list = 20;
    const publishAll = async (producer: StreamProducer, first: number) => {
      for (let from = first; from < EVENTS; from += 2 * list) {
        const events = numbers(list).map((data) => ({ type: "job", data: from + data }));
        await producer.publishMany(events);
      }
    };
    await Promise.all([publishAll(here, 0), publishAll(there, list)]);
    await eventually("all were handled", () => handled.length >= EVENTS);
    await eye.close();
    assertEquals(handled.map(Number).sort((a, b) => a - b), numbers(EVENTS));
    assert(eye.unreadMost <= 2 * (LAG_MAX + list - 1), `${eye.unreadMost} were unread`);
  },
);

testOnEachBroker(
  "a producer that rejects is told, and what it was not refused is handled once",
  async ({ broker }) => {
    const { consumer, handled } = await slowConsumer(broker, 1);
    await using _ = consumer;
    const eye = new ThirdEye(broker, [consumer]);
    const written = new TroubledBroker(broker);
    using producer = new StreamProducer({
      broker: written.broker,
      stream: "jobs",
      backpressure: { lagMax: LAG_MAX, then: "reject", intervalMs: INTERVAL_MS },
    });
    const accepted: number[] = [];
    const refusals: BackpressureError[] = [];
    for (let data = 0; refusals.length < 2; data++) {
      try {
        await producer.publish({ type: "job", data });
        accepted.push(data);
        // Somewhat slower than it could, and faster than the handlers still.
        if (data % 5 === 0) await pause(0);
      } catch (error) {
        assert(error instanceof BackpressureError);
        refusals.push(error);
        await pause(20);
      }
    }
    await eye.close();
    const bound = LAG_MAX + mostAppends(written.calls);
    assert(eye.unreadMost <= bound, `${eye.unreadMost} of ${bound} were unread`);
    for (const { group, measure, level, value, bound } of refusals) {
      assertEquals([group, measure, level, bound], ["workers", "lag", "saturated", LAG_MAX]);
      assert(value >= 0);
    }
    await eventually("what was accepted is handled", () => handled.length >= accepted.length);
    assertEquals(handled, accepted);
    await eventually("it may publish again", async () => {
      try {
        await producer.publish({ type: "job", data: "again" });
        return true;
      } catch {
        return false;
      }
    });
    await eventually("that is handled too", () => handled.at(-1) === "again");
  },
);

testOnEachBroker(
  "a group that nobody reads saturates, and holds back although another one keeps up",
  async ({ broker }) => {
    await broker.createGroup("jobs", "forgotten", "beginning", { createStream: true });
    const { consumer, handled } = await slowConsumer(broker, 0);
    await using _ = consumer;
    using monitor = new BackpressureMonitor({
      broker,
      watch: ["forgotten", "workers"].map((group) => ({ stream: "jobs", group })),
      bounds: { lagMax: LAG_MAX },
      intervalMs: INTERVAL_MS,
    });
    const told: string[] = [];
    monitor.subscribe(({ of, level, sentence }) => told.push(`${of} ${level}: ${sentence}`));
    monitor.start();
    using producer = new StreamProducer({
      broker,
      stream: "jobs",
      backpressure: { lagMax: LAG_MAX, then: "wait", waitMsMax: 300, intervalMs: INTERVAL_MS },
    });
    const ends = await Promise.allSettled(
      numbers(LAG_MAX + 1).map((data) => producer.publish({ type: "job", data })),
    );
    const refused = ends.filter((end) => end.status === "rejected").map((end) => `${end.reason}`);
    assertEquals(refused, [
      'BackpressureError: Cannot publish to stream "jobs": group "forgotten" of "jobs": lag is 50, ' +
      "bound 50, waited 300 ms, publish it later or wait longer",
    ]);
    await eventually("the other group is done", () => handled.length === LAG_MAX);
    const sentence = 'group "forgotten" of "jobs": lag is 50, bound 50';
    await eventually("the monitor tells", () => told.includes(`group saturated: ${sentence}`));
    await eventually("it is the worst one", () => monitor.worst.reason?.group === "forgotten");
    assertEquals([monitor.level, monitor.pressureOf("jobs").reason?.value], ["saturated", LAG_MAX]);
  },
);

testOnEachBroker(
  "closing the broker or the producer ends the waiting for room",
  async ({ broker, reopen }) => {
    await broker.createGroup("jobs", "forgotten", "beginning", { createStream: true });
    await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job" });
    const other = await reopen();
    const backpressure = {
      lagMax: 1,
      then: "wait",
      waitMsMax: 0,
      intervalMs: INTERVAL_MS,
    } as const;
    const [closing, remaining] = [1, 2].map(() =>
      new StreamProducer({ broker: other, stream: "jobs", backpressure })
    );
    const ends = [closing, remaining].map((producer) =>
      assertRejects(async () => await producer?.publish({ type: "job" }), ClosedError)
    );
    await pause(3 * INTERVAL_MS);
    closing?.close();
    await ends[0];
    await other[Symbol.asyncDispose]();
    await ends[1];
  },
);

testOnEachBroker(
  "a consumer that can take no more reads no more, and another one never gets what it holds",
  async ({ broker, reopen }) => {
    const leaseMs = 300;
    const job = Promise.withResolvers<void>();
    const story: string[] = [];
    const all = WINDOW + 15;
    const publishing = new StreamProducer({ broker, stream: "jobs" });
    await publishing.publishMany(numbers(all).map((data) => ({ type: "job", data })));
    const options = { stream: "jobs", group: "workers", count: COUNT, leaseMs };
    await using slow = new StreamConsumer({ broker, consumer: "slow", ...options });
    await slow.subscribe(async (event, { deliveries }) => {
      if (event.data === 0) await job.promise;
      story.push(`slow ${event.data} ${deliveries}`);
    });
    await eventually("it is full", () => slow.load.inFlight === WINDOW);
    await using other = await reopen();
    await using quick = new StreamConsumer({ broker: other, consumer: "quick", ...options });
    const startedMs = performance.now();
    await quick.subscribe((event, { deliveries }) => {
      story.push(`quick ${event.data} ${deliveries}`);
    });
    await eventually("the other one has the rest", () => story.length === all - WINDOW);
    // Two leases pass, in which nothing but the heartbeat keeps what the slow one holds.
    const restMs = 2 * leaseMs - (performance.now() - startedMs);
    await pause(Math.max(0, restMs));
    const [pending] = (await broker.listGroups("jobs")).map(({ pendingCount }) => pendingCount);
    assertEquals([pending, slow.load.inFlight, slow.load.demand], [WINDOW, WINDOW, 0]);
    job.resolve();
    await eventually("all were handled", () => story.length >= all);
    assertEquals(
      story.toSorted(),
      [
        ...numbers(WINDOW).map((data) => `slow ${data} 1`),
        ...numbers(all).slice(WINDOW).map((data) => `quick ${data} 1`),
      ].toSorted(),
    );
  },
);
