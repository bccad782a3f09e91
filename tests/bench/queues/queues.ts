/**
 * The scenario `queues`: Tidemark against the packages that one would take instead.
 *
 * @module
 */

import { RedisStage } from "../redis/stage.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { type Contestant, Race, ROUNDS } from "../sides/race.ts";
import { RATIO_COLUMNS, ratioRows } from "../sides/ratios.ts";

/** Where the jobs are from, and how many there are for each second of `--seconds`: about half a second of work for BullMQ. */
const SETTINGS = [
  { jobs: "there already", filled: "before", eventsPerSecond: 1_500 },
  { jobs: "added meanwhile", filled: "meanwhile", eventsPerSecond: 1_000 },
] as const;

/** The quickest setting of BullMQ here, and within what its authors advise for handlers that wait for something. */
const CONCURRENCY = 100;

/** When as many are in hand, @moleculer/channels waits 10 ms before it reads on; so the more the quicker. */
const IN_FLIGHT_MAX = 1_000;

/** The default of Tidemark. */
const COUNT = 100;

/** The first is the rival. */
const CONTESTANTS: readonly Contestant[] = [
  {
    name: `BullMQ, concurrency ${CONCURRENCY}`,
    settings: { kind: "bullmq", inFlightMax: CONCURRENCY },
    packages: "queues.jsonc",
  },
  {
    name: "BullMQ, concurrency 1",
    settings: { kind: "bullmq", inFlightMax: 1 },
    packages: "queues.jsonc",
  },
  {
    name: `@moleculer/channels, maxInFlight ${IN_FLIGHT_MAX}`,
    settings: { kind: "moleculer", inFlightMax: IN_FLIGHT_MAX },
    packages: "queues.jsonc",
  },
  { name: "Tidemark, order key", settings: { kind: "tidemark", order: "key" } },
  { name: "Tidemark, order none", settings: { kind: "tidemark", order: "none" } },
];

/** {@linkcode Scenario} */
export const queues: Scenario = {
  title: "Handling jobs, against BullMQ and @moleculer/channels",
  measures: [
    "The same jobs for every side: 200 bytes of JSON, a handler that does nothing; they are there already, or they are added",
    "by the same process, 100 in one call, while it handles them. One server that keeps nothing on disk; each side in a",
    `process of its own, in turn. Every job is handled and none left. Medians of ${ROUNDS} rounds after one that compiles.`,
    "",
    "BullMQ     jobs with states, priorities, delays, progress: more than an event needs. At least once; only with",
    "           concurrency 1 in order. Keeps the last 1,000 completed jobs, as its guide advises",
    "@moleculer/channels  a consumer group of Redis Streams. At least once, no order of keys; each entry is acknowledged by itself",
    "Tidemark   its public door, its defaults: count 100; outputs exactly once; with order key the events of a key in order",
    RATIO_COLUMNS,
  ].join("\n"),
  run,
};

async function run({ seconds, signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  await using stage = await RedisStage.open();
  await using race = new Race({ contestants: CONTESTANTS, signal, onProgress });
  const rows: Row[] = [];
  for (const { jobs, filled, eventsPerSecond } of SETTINGS) {
    const events = eventsPerSecond * seconds;
    const results = await race.run({
      title: `queues, jobs ${jobs}`,
      prepare: async () => {
        await stage.prepare(0);
        return { url: stage.url, events, count: COUNT, filled };
      },
      check: () => stage.usedMicros(),
    });
    const setting = { jobs };
    rows.push(...ratioRows(results, { contestants: CONTESTANTS, setting, heading: "x BullMQ" }));
  }
  return rows;
}
