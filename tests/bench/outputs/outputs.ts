/**
 * The scenario `outputs`: each event gives an event in another stream, exactly once, against the quick and unsafe way.
 *
 * @module
 */

import { RedisStage } from "../redis/stage.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { type Contestant, Race, ROUNDS } from "../sides/race.ts";
import { RATIO_COLUMNS, ratioRows } from "../sides/ratios.ts";

/** How many events are there for each second of `--seconds`. */
const SETTINGS = [
  { count: 1, eventsPerSecond: 800 },
  { count: 10, eventsPerSecond: 4_000 },
  { count: 100, eventsPerSecond: 8_000 },
] as const;

/** The first is the rival. */
const CONTESTANTS: readonly Contestant[] = [
  { name: "raw loop, XADD + XACK", settings: { kind: "raw_redis", outputs: true } },
  { name: "Tidemark, order key", settings: { kind: "tidemark", outputs: true, order: "key" } },
  { name: "Tidemark, order none", settings: { kind: "tidemark", outputs: true, order: "none" } },
];

/** {@linkcode Scenario} */
export const outputs: Scenario = {
  title: "One output for each event, exactly once, against the unsafe way",
  measures: [
    "Every side handles the same events, which are there already, and appends an event with the same 200 bytes of JSON to",
    "another stream for each. One server that keeps nothing on disk; each side in a process of its own, in turn; after each",
    `round it is checked that there are as many outputs as events. Medians of ${ROUNDS} rounds after one that compiles.`,
    "",
    "raw loop   XREADGROUP, then one pipeline for the batch: XADD for each event, and XACK. A crash or a broken connection",
    "           between them doubles outputs; the payload is handed on as it is",
    "Tidemark   ctx.publish: outputs, acknowledgement and checkpoint are one atomic commit; the payload is parsed and written",
    "count      events that are read at once at most",
    RATIO_COLUMNS,
  ].join("\n"),
  run,
};

async function run({ seconds, signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  await using stage = await RedisStage.open();
  await using race = new Race({ contestants: CONTESTANTS, signal, onProgress });
  const rows: Row[] = [];
  for (const { count, eventsPerSecond } of SETTINGS) {
    const events = eventsPerSecond * seconds;
    const results = await race.run({
      title: `outputs, count ${count}`,
      prepare: async () => {
        await stage.prepare(events);
        return { url: stage.url, events, count, filled: "already" };
      },
      check: () => stage.checkOutputs(events),
    });
    const setting = { count };
    rows.push(...ratioRows(results, { contestants: CONTESTANTS, setting, heading: "x raw" }));
  }
  return rows;
}
