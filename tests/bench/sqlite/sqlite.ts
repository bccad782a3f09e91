/**
 * The scenario `sqlite`: the embedded broker against the loop over a table that one would write by hand.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { type Contestant, NOTHING_TO_CHECK, Race, ROUNDS } from "../sides/race.ts";
import { RATIO_COLUMNS, ratioRows } from "../sides/ratios.ts";

/** Where the events are, and how many there are for each second of `--seconds`: commits to a disk take their time. */
const SETTINGS = [
  { kept: "memory", count: 1, eventsPerSecond: 1_000 },
  { kept: "memory", count: 10, eventsPerSecond: 5_000 },
  { kept: "memory", count: 100, eventsPerSecond: 8_000 },
  { kept: "memory", count: 500, eventsPerSecond: 8_000 },
  { kept: "file", count: 1, eventsPerSecond: 60 },
  { kept: "file", count: 10, eventsPerSecond: 600 },
  { kept: "file", count: 100, eventsPerSecond: 4_000 },
  { kept: "file", count: 500, eventsPerSecond: 6_000 },
] as const;

/** The first is the rival. */
const CONTESTANTS: readonly Contestant[] = [
  { name: "raw loop", settings: { kind: "raw_sqlite" } },
  { name: "raw loop, parsed", settings: { kind: "raw_sqlite", parsed: true } },
  { name: "Tidemark, order key", settings: { kind: "tidemark", order: "key" } },
  { name: "Tidemark, order none", settings: { kind: "tidemark", order: "none" } },
];

/** {@linkcode Scenario} */
export const sqlite: Scenario = {
  title: "Handling a stream in SQLite, against the loop over a table that one would write by hand",
  measures: [
    "Every side handles the same events, which are there already: 200 bytes of JSON, a hundred keys, a handler that does",
    "nothing. In memory, or in a file with WAL whose commits are on the disk when they return, for both sides. Each side in a",
    `process of its own, in turn. Medians of ${ROUNDS} rounds after one that compiles.`,
    "",
    "raw loop   next rows after the position, handle, and in one transaction mark them done and save the position; the handler",
    "           is given nothing and not awaited. One reader: no groups, retries, leases, dead letters. parsed: the handler is",
    "           given the payload and awaited, as one writes it",
    "Tidemark   its public door, its defaults: outputs exactly once, groups, leases, retry, checkpoint, payload parsed",
    "count      events that are read at once at most",
    RATIO_COLUMNS,
  ].join("\n"),
  run,
};

async function run({ seconds, signal, onProgress }: ScenarioOptions): Promise<Row[]> {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-bench-" });
  try {
    await using race = new Race({ contestants: CONTESTANTS, folder, signal, onProgress });
    const rows: Row[] = [];
    for (const { kept, count, eventsPerSecond } of SETTINGS) {
      const events = eventsPerSecond * seconds;
      const url = kept === "memory" ? "sqlite::memory:" : `sqlite:${folder}/round.db`;
      const results = await race.run({
        title: `sqlite, ${kept}, count ${count}`,
        prepare: async () => {
          await empty(folder);
          return { url, events, count, filled: "before" };
        },
        check: NOTHING_TO_CHECK,
      });
      const setting = { kept, count };
      rows.push(...ratioRows(results, { contestants: CONTESTANTS, setting, heading: "x raw" }));
    }
    return rows;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function empty(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) await Deno.remove(`${folder}/${name}`);
}
