/**
 * The sides of the benchmark: that each handles every event of a round and acknowledges it, that a race would notice one that
 * does not, and that the watch measures what it says.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { RedisStage } from "../redis/stage.ts";
import { jobChunks } from "./job_events.ts";
import { type Contestant, type Heat, NOTHING_TO_CHECK, Race, type Result } from "./race.ts";
import { ratioRow } from "./ratios.ts";
import { Stopwatch } from "./stopwatch.ts";

const EVENTS = 250;

/** What runs without a package that only the benchmark needs. */
const REDIS_SIDES: readonly Contestant[] = [
  { name: "raw", settings: { kind: "raw_redis", outputs: true } },
  { name: "Tidemark", settings: { kind: "tidemark", outputs: true } },
];

const SQLITE_SIDES: readonly Contestant[] = [
  { name: "raw", settings: { kind: "raw_sqlite", parsed: true } },
  { name: "Tidemark", settings: { kind: "tidemark", order: "none" } },
];

/** One round of every side, after one that does not count. */
async function raceOnce(contestants: readonly Contestant[], heat: Heat) {
  await using race = new Race({
    contestants,
    rounds: 1,
    folder: "/tmp",
    signal: AbortSignal.timeout(60_000),
    onProgress() {},
  });
  return await race.run(heat);
}

function assertPlausible(results: readonly (readonly Result[])[]): void {
  assertEquals(results.map((rounds) => rounds.map(({ handled }) => handled)), [[EVENTS], [EVENTS]]);
  for (const { seconds, cpuMicros } of results.flat()) {
    assert(seconds > 0 && seconds < 60 && cpuMicros >= 0, `${seconds} s, ${cpuMicros} µs`);
  }
}

Deno.test("Race measures sides on Redis that leave nothing pending and one output for each event", async () => {
  await using stage = await RedisStage.open();
  const results = await raceOnce(REDIS_SIDES, {
    title: "",
    prepare: async () => {
      await stage.prepare(EVENTS);
      return { url: stage.url, events: EVENTS, count: 100, filled: "already" };
    },
    check: () => stage.checkOutputs(EVENTS),
  });
  assertPlausible(results);
});

Deno.test("Race measures sides on SQLite", async () => {
  const round = { url: "sqlite::memory:", events: EVENTS, count: 10, filled: "before" } as const;
  const prepare = () => Promise.resolve(round);
  assertPlausible(await raceOnce(SQLITE_SIDES, { title: "", prepare, check: NOTHING_TO_CHECK }));
});

Deno.test("RedisStage finds what a side has left", async () => {
  await using stage = await RedisStage.open();
  await using redis = new AsyncDisposableStack();
  const client = redis.adopt(new Redis(stage.url), (each) => each.disconnect());
  const refused = () => assertRejects(() => stage.check(2), Error, "did not finish 2 events");

  await stage.prepare(2);
  await refused(); // nobody has joined
  await client.xgroup("CREATE", "jobs", "workers", "0");
  await refused(); // nothing was read
  await client.xreadgroup("GROUP", "workers", "main", "COUNT", 9, "STREAMS", "jobs", ">");
  await refused(); // nothing was acknowledged
  const ids = (await client.xrange("jobs", "-", "+")).map(([id]) => id);
  await client.xack("jobs", "workers", ids[0] ?? "");
  await refused(); // one was not
  await client.xack("jobs", "workers", ids[1] ?? "");
  assert(await stage.check(2) >= 0);
  await assertRejects(() => stage.checkOutputs(2), Error, "committed 0 outputs, wanted 2");

  await stage.prepare(2);
  await refused(); // everything is new
});

Deno.test("Stopwatch counts from the first event, and tells when all are there", async () => {
  const watch = new Stopwatch(2);
  assertEquals(Number.isNaN(watch.stop().seconds), true);
  watch.handle();
  assertEquals(watch.handled, 1);
  watch.handle();
  await watch.allHandled;
  watch.note(5);
  const { handled, seconds, medianMs, p99Ms } = watch.stop();
  assertEquals({ handled, median: Math.round(medianMs), p99: Math.round(p99Ms) }, {
    handled: 2,
    median: 5,
    p99: 5,
  });
  assert(seconds >= 0 && seconds < 60);
});

Deno.test("jobChunks makes as many events as are wanted, numbered from 1", () => {
  const numbers = (events: number) => [...jobChunks(events)].flat().map(({ data }) => data.number);
  assertEquals([numbers(0), numbers(1)], [[], [1]]);
  assertEquals(numbers(250), Array.from({ length: 250 }, (_, index) => index + 1));
  assertEquals([...jobChunks(250)].map(({ length }) => length), [100, 100, 50]);
});

Deno.test("ratioRow compares rounds with the same round of the rival", () => {
  const result = (eventsPerSecond: number): Result => ({
    handled: 100,
    seconds: 100 / eventsPerSecond,
    cpuMicros: 250,
    serverMicros: 50,
    medianMs: NaN,
    p99Ms: NaN,
  });
  const row = ratioRow([50, 10, 300].map(result), {
    rival: [100, 10, 100].map(result),
    heading: "x raw",
  });
  assertEquals(row, {
    "events/s": 50,
    "x raw": 1,
    "low": 0.5,
    "high": 3,
    "client µs": 2.5,
    "server µs": 0.5,
  });
});
