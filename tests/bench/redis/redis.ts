/**
 * The scenario `redis`: the whole of Tidemark against the loop that one would write by hand over the same client.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import { ChildProgram } from "../child_program.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { type Contestant, Race, ROUNDS } from "../sides/race.ts";
import { RATIO_COLUMNS, ratioRows } from "../sides/ratios.ts";
import { RedisStage } from "./stage.ts";

/** Where the server is, and how many events are there for each second of `--seconds`: a few tenths of it for the raw loop. */
const SETTINGS = [
  { server: "here", count: 1, eventsPerSecond: 1_000 },
  { server: "here", count: 10, eventsPerSecond: 6_000 },
  { server: "here", count: 100, eventsPerSecond: 16_000 },
  { server: "here", count: 500, eventsPerSecond: 20_000 },
  { server: "2 ms away", count: 1, eventsPerSecond: 20 },
  { server: "2 ms away", count: 10, eventsPerSecond: 200 },
  { server: "2 ms away", count: 100, eventsPerSecond: 2_000 },
] as const;

const RELAY = new URL("relay.ts", import.meta.url);

const relayLine = z.object({ port: z.number() });

/** The first is the rival. */
const CONTESTANTS: readonly Contestant[] = [
  { name: "raw loop, ioredis 5", settings: { kind: "raw_redis" } },
  { name: "raw loop, ioredis 6", settings: { kind: "raw_redis" }, packages: "ioredis_6.jsonc" },
  { name: "raw loop, checkpoint", settings: { kind: "raw_redis", checkpoint: true } },
  { name: "raw loop, parsed", settings: { kind: "raw_redis", parsed: true } },
  { name: "Tidemark, order key", settings: { kind: "tidemark", order: "key" } },
  { name: "Tidemark, order none", settings: { kind: "tidemark", order: "none" } },
];

/** {@linkcode Scenario} */
export const redis: Scenario = {
  title: "Handling a stream of Redis, against the loop that one would write by hand",
  measures: [
    "Every side handles the same events, which are there already: 200 bytes of JSON, a hundred keys, a handler that does",
    "nothing. One server that keeps nothing on disk; each side in a process of its own, in turn; after each round it is",
    `checked that everything was handled and nothing is pending. Medians of ${ROUNDS} rounds after one that compiles.`,
    "",
    "raw loop   XREADGROUP with BLOCK, then XACK of the batch; the handler is given nothing and not awaited. At least once;",
    "           what a dead consumer left pending stays there; no order of keys over consumers. checkpoint: SET in a pipeline",
    "           with XACK. parsed: the handler is given the payload and awaited, as one writes it",
    "Tidemark   its public door, its defaults: outputs exactly once, leases, retry, checkpoint in the commit, payload parsed",
    "server     here: a process of this machine. 2 ms away: its answers arrive so much later, as between two zones",
    "count      events that are read at once at most",
    RATIO_COLUMNS,
  ].join("\n"),
  run,
};

async function run({ seconds, signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  await using stage = await RedisStage.open();
  await using race = new Race({ contestants: CONTESTANTS, signal, onProgress });
  await using relay = new ChildProgram(RELAY, {
    flags: ["--allow-net=127.0.0.1"],
    argument: stage.port,
    signal,
  });
  const { port } = await relay.line(relayLine);
  const rows: Row[] = [];
  for (const { server, count, eventsPerSecond } of SETTINGS) {
    const url = server === "here" ? stage.url : `redis://127.0.0.1:${port}`;
    const events = eventsPerSecond * seconds;
    const results = await race.run({
      title: `redis, server ${server}, count ${count}`,
      prepare: async () => {
        await stage.prepare(events);
        return { url, events, count, filled: "already" };
      },
      check: () => stage.check(events),
    });
    const setting = { server, count };
    rows.push(...ratioRows(results, { contestants: CONTESTANTS, setting, heading: "x raw" }));
  }
  return rows;
}
