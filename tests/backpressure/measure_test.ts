/**
 * Tests of measuring a group: what is said to be exact is exact, whatever happened to the stream, and what is estimated
 * never claims to be more. On both brokers, against a count of everything.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { measureStream } from "../../src/backpressure/measure.ts";
import { PendingAges } from "../../src/backpressure/pending_age.ts";
import { COUNTED_MAX } from "../../src/backpressure/unread.ts";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { GroupMeasure } from "../../src/domain/pressure.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { Dice } from "../contracts/dice.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { MeasuredWorld, type MoveByHand } from "./measured_world.ts";

const WORLDS = 200;
const STEPS = 12;

/** The time at which ids of these tests may be. */
const NOW_MS = 1_800_000_000_000;

/** Runs all worlds; tells how often which confidence was claimed. */
async function runWorlds(broker: Broker, move: MoveByHand | null): Promise<Map<string, number>> {
  const claimed = new Map<string, number>();
  for (let seed = 1; seed <= WORLDS; seed++) {
    const stream = `orders ${seed}`;
    const world = new MeasuredWorld({ broker, stream, dice: new Dice(seed), move });
    for (let step = 1; step <= STEPS; step++) {
      await world.step();
      for (const confidence of await checkWorld(broker, world, `seed ${seed}, step ${step}`)) {
        claimed.set(confidence, (claimed.get(confidence) ?? 0) + 1);
      }
    }
  }
  return claimed;
}

async function checkWorld(broker: Broker, world: MeasuredWorld, when: string): Promise<string[]> {
  const { stream } = world.of;
  const measures = await measureStream(broker, stream, { nowMs: NOW_MS });
  const groups = await broker.listGroups(stream);
  const length = (await broker.streamInfo(stream))?.length ?? 0;
  assertEquals(
    measures.map(({ group }) => group),
    groups.length === 0 ? [null] : groups.map((info) => info.group),
    when,
  );
  for (const [index, { lastDeliveredId, pendingCount }] of groups.entries()) {
    const measure = measures[index];
    assert(measure !== undefined);
    const { lag, lagMin, lagConfidence } = measure;
    const unread = await world.unread(lastDeliveredId);
    const what = `${when}: ${Deno.inspect(measure)}, in truth ${unread}`;
    assertEquals([measure.pendingCount, measure.length], [pendingCount, length], what);
    assert(lagMin <= unread, what);
    if (unread < COUNTED_MAX) assertEquals(lagConfidence, "exact", what);
    if (lagConfidence === "exact") assertEquals([lag, lagMin], [unread, unread], what);
    if (lagConfidence === "estimated") assert(lag !== null && lag >= lagMin && lag < length, what);
    if (lagConfidence === "unknown") assertEquals(lag, null, what);
  }
  return measures.map(({ lagConfidence }) => lagConfidence);
}

Deno.test("measureStream is exact where it says so, in 200 worlds (SQLite)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const claimed = await runWorlds(broker, null);
  assert((claimed.get("exact") ?? 0) > 1_000, Deno.inspect(claimed));
  assert((claimed.get("estimated") ?? 0) > 0, Deno.inspect(claimed));
});

Deno.test("measureStream is exact where it says so, in 200 worlds (Redis)", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  const redis = new Redis(server.url);
  try {
    const claimed = await runWorlds(
      broker,
      (stream, args) => redis.call("XGROUP", "SETID", stream, ...args),
    );
    assert((claimed.get("exact") ?? 0) > 1_000, Deno.inspect(claimed));
    assert((claimed.get("estimated") ?? 0) > 0, Deno.inspect(claimed));
  } finally {
    redis.disconnect();
  }
});

/** Ids `first-0`, …, evenly apart. */
function evenIds(first: number, count: number, gap = 1): EntryId[] {
  return Array.from({ length: count }, (_, index): EntryId => `${BigInt(first + index * gap)}-0`);
}

async function fill(broker: Broker, ids: readonly EntryId[], bytes = 1): Promise<void> {
  for (let at = 0; at < ids.length; at += 1_000) {
    const entries = ids.slice(at, at + 1_000).map((id) => ({
      id,
      fields: ["x", "x".repeat(bytes)],
    }));
    await broker.append("orders", entries);
  }
}

/** Measures the one group, which Redis was made to forget the lag of. */
async function measureForgetful(ids: readonly EntryId[], afterId: EntryId): Promise<GroupMeasure> {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await fill(broker, ids);
  await broker.createGroup("orders", "billing", { afterId });
  assertEquals((await broker.listGroups("orders"))[0]?.lag, null); // T14
  const [measure] = await measureStream(broker, "orders", { nowMs: NOW_MS });
  assert(measure !== undefined);
  return measure;
}

Deno.test("measureStream estimates by the place between first and last id where Redis tells no lag (T14)", async () => {
  const times = await measureForgetful(
    evenIds(1_700_000_000_000, 2_000, 60_000),
    "1700060000000-0",
  );
  assertEquals([times.lag, times.lagConfidence, times.lagMin], [999, "estimated", COUNTED_MAX]);
  const numbers = await measureForgetful(evenIds(1, 2_000), "500-0");
  assertEquals([numbers.lag, numbers.lagConfidence], [1_500, "estimated"]);
});

Deno.test("measureStream says that it does not know rather than guess by ids that are no times (T17)", async () => {
  const oneFarAhead: EntryId[] = [...evenIds(1_700_000_000_000, 1_999), "9000000000000000000-0"];
  const measure = await measureForgetful(oneFarAhead, "1700000000999-0");
  assertEquals([measure.lag, measure.lagConfidence, measure.lagMin], [
    null,
    "unknown",
    COUNTED_MAX,
  ]);
});

testOnEachBroker("measureStream counts few entries when they are large", async ({ broker }) => {
  await fill(broker, evenIds(1, 200), 5_000);
  await broker.createGroup("orders", "billing", { afterId: "1-0" });
  const pages: number[] = [];
  const counting: Broker = {
    ...broker,
    listGroups: (stream) => broker.listGroups(stream),
    streamInfo: (stream) => broker.streamInfo(stream),
    async range(stream, options) {
      pages.push(options.count);
      return await broker.range(stream, options);
    },
  };
  const [measure] = await measureStream(counting, "orders", { nowMs: NOW_MS });
  assertEquals(pages, [10, 42]);
  assertEquals([measure?.lagConfidence, measure?.lag, measure?.lagMin], ["estimated", 199, 52]);
});

testOnEachBroker("measureStream measures what is missing as zero", async ({ broker }) => {
  const zero: GroupMeasure = {
    stream: "orders",
    group: "billing",
    lag: 0,
    lagConfidence: "exact",
    lagMin: 0,
    pendingCount: 0,
    oldestPendingMs: 0,
    length: 0,
  };
  const options = { nowMs: NOW_MS };
  assertEquals(await measureStream(broker, "orders", options), [{ ...zero, group: null }]);
  const groups = ["billing"];
  assertEquals(await measureStream(broker, "orders", { ...options, groups }), [
    zero,
  ]);
  await fill(broker, evenIds(1, 3));
  assertEquals(await measureStream(broker, "orders", { ...options, groups }), [
    { ...zero, length: 3 },
  ]);
});

Deno.test("PendingAges tells how long the same entry has been the lowest, and never more", () => {
  const ages = new PendingAges();
  const look = (firstPendingId: EntryId | null, atMs: number, incarnation = "first") =>
    ages.look("billing", { firstPendingId, incarnation, atMs });
  assertEquals(
    [
      look("1-1", 1_000), // seen first: it may be old
      look("1-1", 1_400),
      look("1-1", 400), // the clock was set back
      look("1-1", 500),
      look("1-2", 600), // another one
      look("1-2", 700),
      look("1-2", 800, "second"), // the stream was made anew, and counts from the beginning
      look(null, 900),
      look("1-3", 1_000),
      look("1-3", 1_100),
    ],
    [null, 400, 400, 500, 0, 100, 0, 0, 0, 100],
  );
  ages.keepOnly(new Set());
  assertEquals(look("1-3", 1_200), null);
});
