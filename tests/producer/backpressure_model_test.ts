/**
 * Random histories of one producer that waits: bursts, lists, consumption, a slow broker, aborted calls, time. In every
 * one the unread part stays within its bound, publishes keep their order, and in the end every one is settled.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { decodeEntry } from "../../src/domain/codec.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { drained, TroubledBroker } from "../backpressure/troubled_broker.ts";
import { Dice } from "../contracts/dice.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

const SEEDS = 100;
const STEPS = 40;
const LAG_MAX = 12;
const LIST_MAX = 5;

/** Runs one history; tells how long the unread part became. */
async function run(seed: number): Promise<number> {
  const dice = new Dice(seed);
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await broker.createGroup("orders", "billing", "beginning", { createStream: true });
  const troubled = new TroubledBroker(broker);
  // Slow appends may overtake each other, so that order is looked at only where measures alone are slow.
  const appendsAreSlow = dice.once(2);
  troubled.isInTrouble = (call) => appendsAreSlow || call !== "append";
  const clock = new VirtualClock();
  const producer = new StreamProducer({
    broker: troubled.broker,
    stream: "orders",
    backpressure: { lagMax: LAG_MAX, then: "wait", waitMsMax: 0, intervalMs: 100 },
    clock,
    random: { next: () => dice.roll(100) / 100, uniqueText: () => "chance" },
  });
  const when = `seed ${seed}`;
  const seen: number[] = [];
  let [begun, settled, published, longest] = [0, 0, 0, 0];
  let release = () => {};

  function publish(count: number, signal?: AbortSignal): void {
    const events = Array.from({ length: count }, () => ({ type: "t", data: begun++ }));
    producer.publishMany(events, signal === undefined ? {} : { signal })
      .then(() => published += count, () => {})
      .finally(() => settled += count);
  }

  /** All that there is is read, and gone: what is left is the unread part. */
  async function consume(count: number): Promise<void> {
    const entries = await broker.range("orders", { count });
    for (const entry of entries) seen.push(Number(decodeEntry(entry, "orders", "event").data));
    await broker.deleteEntries("orders", entries.map(({ id }) => id));
  }

  for (let step = 1; step <= STEPS; step++) {
    const choice = dice.roll(100);
    if (choice < 30) { for (let n = dice.roll(20); n > 0; n--) publish(1); }
    else if (choice < 45) publish(1 + dice.roll(LIST_MAX));
    else if (choice < 50) {
      const aborting = new AbortController();
      publish(1, aborting.signal);
      aborting.abort();
    } else if (choice < 70) await consume(1 + dice.roll(12));
    else if (choice < 80) {
      release();
      release = dice.once(2) ? troubled.hold() : () => {};
    } else await clock.advance(dice.roll(300));
    await drained();
    const unread = (await broker.streamInfo("orders"))?.length ?? 0;
    assert(unread <= LAG_MAX + LIST_MAX - 1, `${when}, step ${step}: ${unread} unread`);
    longest = Math.max(longest, unread);
  }

  release();
  for (let round = 1; settled < begun && round <= 500; round++) {
    await consume(1_000);
    await clock.advance(100);
    await drained();
  }
  await consume(1_000);
  assertEquals([settled, clock.timerCount], [begun, 0], when);
  assertEquals(seen.length, published, when);
  if (!appendsAreSlow) assertEquals(seen, seen.toSorted((a, b) => a - b), when);
  producer.close();
  return longest;
}

Deno.test("a waiting producer keeps its bound and its order, in 100 random histories", async () => {
  let longest = 0;
  for (let seed = 1; seed <= SEEDS; seed++) longest = Math.max(longest, await run(seed));
  assert(longest >= LAG_MAX, `the bound was never reached: ${longest}`);
});
