/**
 * The scenario `latency`: how long an event takes from its publisher to its handler, while there is time for each.
 *
 * @module
 */

import { RedisStage } from "../redis/stage.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { type Contestant, Race, type Result, ROUNDS } from "../sides/race.ts";
import { median, rounded } from "../statistics.ts";

/** Every 2 ms, as a busy service has them, and far from what any side can do. */
const EVENTS_PER_SECOND = 500;

/** The share of `--seconds` that a round takes. */
const ROUND_SHARE = 0.4;

/** The default of Tidemark. */
const COUNT = 100;

/** The first is the rival. */
const CONTESTANTS: readonly Contestant[] = [
  { name: "raw loop", settings: { kind: "raw_latency" } },
  { name: "Tidemark, order key", settings: { kind: "tidemark_latency", order: "key" } },
  { name: "Tidemark, order none", settings: { kind: "tidemark_latency", order: "none" } },
];

/** {@linkcode Scenario} */
export const latency: Scenario = {
  title: "From publishing an event to its handler",
  measures: [
    `${EVENTS_PER_SECOND} events of 200 bytes a second, published one by one in the process of the handler, with a`,
    "connection of its own. One server that keeps nothing on disk; each side in a process of its own, in turn. Medians of",
    `${ROUNDS} rounds after one that compiles; the first half second of a round does not count.`,
    "",
    "raw loop     XADD; XREADGROUP with BLOCK, then XACK. At least once",
    "Tidemark     publish; its defaults: outputs exactly once, with order key the events of a key in order",
    "p50, p99 ms  from the call that publishes until the handler begins",
    "x raw        the median of the rounds' ratios to the raw loop, for p50 and p99; lower is better",
    "client µs    what an event costs the processor in the process of that side, publishing included; server µs: in redis-server",
  ].join("\n"),
  run,
};

async function run({ seconds, signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  await using stage = await RedisStage.open();
  await using race = new Race({ contestants: CONTESTANTS, signal, onProgress });
  const events = Math.ceil(EVENTS_PER_SECOND * seconds * ROUND_SHARE);
  const results = await race.run({
    title: "latency",
    prepare: async () => {
      await stage.prepare(0);
      const pace = { filled: "meanwhile", eventsPerSecond: EVENTS_PER_SECOND } as const;
      return { url: stage.url, events, count: COUNT, ...pace };
    },
    check: () => stage.check(events),
  });
  return CONTESTANTS.map(({ name }, index) => ({
    side: name,
    ...latencyRow(results[index] ?? [], results[0] ?? []),
  }));
}

function latencyRow(results: readonly Result[], rival: readonly Result[]): Row {
  const middle = (of: (result: Result) => number) => rounded(median(results.map(of)), 2);
  const times = (of: (result: Result) => number) =>
    rounded(
      median(results.map((result, round) => {
        const other = rival[round];
        return of(result) / (other === undefined ? NaN : of(other));
      })),
      2,
    );
  const [p50, p99] = [(result: Result) => result.medianMs, (result: Result) => result.p99Ms];
  return {
    "p50 ms": middle(p50),
    "p50 x raw": times(p50),
    "p99 ms": middle(p99),
    "p99 x raw": times(p99),
    "client µs": middle(({ cpuMicros, handled }) => cpuMicros / handled),
    "server µs": middle(({ serverMicros, handled }) => serverMicros / handled),
  };
}
