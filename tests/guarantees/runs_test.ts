/**
 * Promise: a run never waits for its store; who follows it gets every event once and in order, history and live, or is told
 * exactly what is missing; and so does who comes later.
 * Method: a thousand events a second while the broker is away for five seconds, on a clock that is moved by hand, with a
 * buffer that suffices and one that does not; and a hundred followers in two processes, slow and fast, that come and go at
 * random while five thousand events are told and trimmed.
 */

import { assert, assertEquals } from "@std/assert";
import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import { runEventNumber } from "../../src/domain/run.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { defineRun, type RunContext } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import { Dice } from "../contracts/dice.ts";
import { BrokenLine, type LineState } from "../runs/broken_line.ts";
import { Follower } from "../runs/follower.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** A kind whose runs tell what the test lets them tell. */
function puppet() {
  const begun = Promise.withResolvers<RunContext>();
  const ending = Promise.withResolvers<void>();
  const kind = defineRun({
    kind: "puppet",
    start(ctx) {
      begun.resolve(ctx);
      return ending.promise;
    },
  });
  return { kind, context: begun.promise, end: ending.resolve };
}

/** Lets sockets and files have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

const OUTAGE = { beginMs: 500, endMs: 5_500, allMs: 6_500 };

/** Tells an event each millisecond, with the line in this state for five seconds. */
async function tellThroughOutage(
  broker: Broker,
  { state, bufferEventsMax }: { readonly state: LineState; readonly bufferEventsMax: number },
): Promise<{ missingCount: number; faultCount: number }> {
  const line = new BrokenLine(broker);
  const clock = new VirtualClock(Date.now());
  const { kind, context, end } = puppet();
  await using runs = new RunManager({
    broker: line.broker,
    kinds: [kind],
    clock,
    bufferEventsMax,
    leaseMs: 60_000,
  });
  await using others = new RunManager({ broker, kinds: [] });
  const run = await runs.start("puppet", null);
  const ctx = await context;
  const live = new Follower();
  using _live = await live.follow(runs, run);
  let slowestMs = 0;
  for (let number = 1; number <= OUTAGE.allMs; number++) {
    if (number === OUTAGE.beginMs) line.state = state;
    if (number === OUTAGE.endMs) line.state = "up";
    const beginMs = performance.now();
    ctx.emit("told", number);
    slowestMs = Math.max(slowestMs, performance.now() - beginMs);
    assertEquals(live.eventCount, number, "told within the call");
    if (number % 50 !== 0) continue;
    await clock.advance(50);
    await turn();
  }
  end();
  await eventually("it has ended live", () => live.status !== null);
  live.assertAll(OUTAGE.allMs);
  assertEquals([live.missingCount, live.status], [0, "completed"]);
  assert(slowestMs < 5_000, `emit took ${slowestMs} ms`);
  await eventually("it is stored", async () => {
    await clock.advance(500);
    return (await others.store.get(run)).status === "completed";
  });
  const late = new Follower();
  using following = await late.follow(others, run);
  await following.closed;
  late.assertAll(OUTAGE.allMs);
  await assertStored(others, run, late.missingCount);
  return { missingCount: late.missingCount, faultCount: line.faultCount };
}

/** Reads the store page by page: every event is there once, or counted in a gap that names the first and the last. */
async function assertStored(runs: RunManager, run: string, missingCount: number): Promise<void> {
  let last = 0;
  let missing = 0;
  let startId: EntryId | null = ENTRY_ID_ZERO;
  while (startId !== null) {
    const page: Awaited<ReturnType<typeof runs.store.getEvents>> = await runs.store.getEvents(run, {
      startId,
      limit: 1_000,
    });
    assertEquals(page.gap, null);
    for (const { id, type, data } of page.events) {
      const number = runEventNumber(id);
      if (type === "run.gap") {
        const { first_id, last_id, count } = Object(data);
        assertEquals([runEventNumber(first_id), last_id, count], [last + 1, id, number - last]);
        missing += count;
      } else {
        assertEquals(number, last + 1);
      }
      last = number;
    }
    startId = page.nextId;
  }
  assertEquals([last, missing], [OUTAGE.allMs + 1, missingCount]);
}

testOnEachBroker(
  "a run goes on while its store is away, and is whole in it afterwards",
  async ({ broker }) => {
    const { missingCount, faultCount } = await tellThroughOutage(broker, {
      state: "down",
      bufferEventsMax: 10_000,
    });
    assert(faultCount > 5, `${faultCount} faults`);
    assertEquals(missingCount, 0);
  },
);

testOnEachBroker("what a buffer cannot hold is told as missing, exactly", async ({ broker }) => {
  const { missingCount } = await tellThroughOutage(broker, {
    state: "down",
    bufferEventsMax: 1_000,
  });
  assert(missingCount > 3_500 && missingCount < 5_000, `${missingCount} are missing`);
});

testOnEachBroker("writes whose answers are lost are not doubled", async ({ broker }) => {
  const { missingCount, faultCount } = await tellThroughOutage(broker, {
    state: "losing",
    bufferEventsMax: 10_000,
  });
  assert(faultCount > 5, `${faultCount} faults`);
  assertEquals(missingCount, 0);
});

const EVENTS = 5_000;

/** Follows to the end, leaving and coming back, at times slow, at times from an earlier position. */
async function wander(
  runs: RunManager,
  { run, dice, told }: { readonly run: string; readonly dice: Dice; readonly told: () => number },
): Promise<Follower> {
  const follower = new Follower();
  while (follower.status === null) {
    let left = dice.roll(600);
    const isSlow = dice.once(4);
    const leaving = new AbortController();
    using subscription = await follower.follow(runs, run, {
      signal: leaving.signal,
      afterItem: () => {
        if (left-- === 0) return leaving.abort();
        if (isSlow && dice.once(20)) return turn();
      },
    });
    await subscription.closed;
    // Away for so many events: more than are kept, at times.
    const backAt = Math.min(EVENTS, told() + (dice.once(3) ? dice.roll(2_500) : 0));
    while (told() < backAt) await turn();
  }
  return follower;
}

testOnEachBroker(
  "a hundred followers that come and go miss nothing unsaid",
  async ({ broker, reopen }) => {
    const second = await reopen();
    {
      const { kind, context, end } = puppet();
      await using runs = new RunManager({ broker, kinds: [kind], lengthMax: 300 });
      await using others = new RunManager({ broker: second, kinds: [] });
      const run = await runs.start("puppet", null, { run: "seam" });
      const ctx = await context;
      const seed = Date.now();
      let told = 0;
      const wandering = Array.from({ length: 100 }, (_, index) => {
        const dice = new Dice(seed + index);
        return wander(index % 2 === 0 ? runs : others, { run, dice, told: () => told });
      });
      for (let number = 1; number <= EVENTS; number++) {
        ctx.emit("told", number);
        told = number;
        if (number % 25 === 0) await turn();
      }
      end();
      const followers = await Promise.all(wandering);
      try {
        for (const follower of followers) follower.assertAll(EVENTS);
        const missing = followers.filter(({ missingCount }) => missingCount > 0);
        assert(missing.length > 0, "trimming was met");
      } catch (cause) {
        throw new Error(`seed ${seed}`, { cause });
      }
      await eventually(
        "nobody follows any more",
        () => runs.subscriptionCount + others.subscriptionCount === 0,
      );
    }
    if (second !== broker) {
      await second[Symbol.asyncDispose]();
    }
  },
);
