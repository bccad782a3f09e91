/**
 * The scenario `start-run`: from `deno run` to the first handled event.
 *
 * @module
 */

import { StreamProducer } from "../../../mod.ts";
import { BROKERS, openPlace, type Place } from "../growth/place.ts";
import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { type CacheState, openCaches } from "./caches.ts";
import { firstEventMs } from "./first_event.ts";
import { writeEventByHand, writeService } from "./starting_files.ts";

const ROUNDS = 5;
const ROUNDS_FULL = 15;

/** Fewer with an empty cache: each of them downloads packages. */
const ROUNDS_COLD = 3;

/** Programs, in the order of the table: the one by hand is the rival. */
const PROGRAMS = ["by hand", "ten lines", "tidemark run"] as const;

const CACHES: readonly CacheState[] = ["warm", "packages only", "empty"];

const MOD = new URL("../../../mod.ts", import.meta.url).href;

/** {@linkcode Scenario} */
export const startRun: Scenario = {
  title: "Start: from deno run to the first handled event",
  measures: [
    "A stream holds one event; a process is started and prints a line when its handler is given it. By hand: a loop over",
    "ioredis or node:sqlite. Ten lines: the program of the README. tidemark run: the service with a configuration file.",
    `They take turns; medians of ${ROUNDS} rounds, with --full of ${ROUNDS_FULL}, with an empty cache of ${ROUNDS_COLD}.`,
    "",
    "cache      warm: as at every start but the first; packages only: nothing is compiled, as after an update of the",
    "           sources; empty: DENO_DIR is empty, so that packages come over the network, which is most of it",
    "ms         from start to line; least and most of all rounds",
    "x by hand  by what the loop by hand takes, in the same rounds",
  ].join("\n"),
  run,
};

interface Setting {
  readonly cache: CacheState;
  readonly broker: Place["broker"] | "none";
  readonly program: typeof PROGRAMS[number] | "an empty program";
  readonly tookMs: number[];
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const settings = CACHES.flatMap((cache) => [
    ...cache === "empty" ? [] : [settingOf(cache, { broker: "none", program: "an empty program" })],
    ...BROKERS.flatMap((broker) =>
      PROGRAMS.map((program) => settingOf(cache, { broker, program }))
    ),
  ]);
  await using redis = await openPlace("redis");
  await using sqlite = await openPlace("sqlite");
  await using caches = await openCaches();
  const count = options.full ? ROUNDS_FULL : ROUNDS;
  // The first round only fills the caches.
  for (let round = 0; round <= count; round++) {
    for (const setting of settings) {
      const { cache, broker, program, tookMs } = setting;
      if (cache === "empty" && (round === 0 || round > ROUNDS_COLD)) continue;
      options.onProgress(
        `start-run, round ${round} of ${count}: ${cache} cache, ${broker}, ${program}`,
      );
      const place = broker === "sqlite" ? sqlite : redis;
      const args = await prepare(setting, place);
      const directory = await caches.directoryFor(cache);
      const took = await firstEventMs({ args, cache: directory, signal: options.signal });
      if (round > 0) tookMs.push(took);
    }
  }
  return settings.map((setting) => rowOf(setting, settings));
}

function settingOf(
  cache: CacheState,
  what: Pick<Setting, "broker" | "program">,
): Setting {
  return { cache, ...what, tookMs: [] };
}

/** Puts an event where the program will look for it. */
async function prepare(
  { broker, program }: Setting,
  { url, folder, connection }: Place,
): Promise<readonly string[]> {
  if (program === "an empty program") return [fileOf("empty.ts")];
  const stream = `start-${crypto.randomUUID()}`;
  const may = [
    "--ignore-env",
    "--allow-net=127.0.0.1",
    `--allow-read=.,${folder}`,
    `--allow-write=${folder}`,
  ];
  if (program === "by hand" && broker === "sqlite") {
    const path = `${folder}/${stream}.db`;
    writeEventByHand(path);
    return [...may, fileOf("by_hand_sqlite.ts"), path];
  }
  await new StreamProducer({ broker: connection, stream })
    .publish({ type: "thing.happened", data: 1 });
  if (program !== "tidemark run") {
    const file = program === "by hand" ? "by_hand_redis.ts" : "ten_lines.ts";
    return [...may, fileOf(file), url, stream];
  }
  const config = await writeService({ url, folder, stream });
  return [...may, MOD, "run", "--config", config];
}

function fileOf(name: string): string {
  return new URL(name, import.meta.url).href;
}

function rowOf({ cache, broker, program, tookMs }: Setting, all: readonly Setting[]): Row {
  const rival = all.find((other) =>
    other.cache === cache && other.broker === broker && other.program === "by hand"
  );
  const ratios = tookMs.map((ms, round) => ms / (rival?.tookMs[round] ?? NaN));
  return {
    cache,
    broker,
    program,
    ms: rounded(median(tookMs)),
    least: rounded(Math.min(...tookMs)),
    most: rounded(Math.max(...tookMs)),
    // Downloads say more about the network than about what was downloaded.
    ...rival === undefined || cache === "empty" ? {} : { "x by hand": rounded(median(ratios), 2) },
  };
}
