/**
 * The scenario `growth-consumers`: one process with 1 to 1,000 consumers.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { ConsumerProcess } from "./consumer_process.ts";
import { fill } from "./fill.ts";
import type { Member } from "./lines.ts";
import { BROKERS, openPlace, type Place } from "./place.ts";
import { BYTES_PER_MB, PAYLOAD_BYTES } from "./sizes.ts";

const COUNTS = [1, 10, 100, 1_000];

/** How the consumers are spread. */
const LAYOUTS = ["a stream each", "one group"] as const;

/** Events for all together; and for each at least so many, so that reads of 100 are full. */
const EVENTS_MIN = 20_000;
const EVENTS_EACH_MIN = 100;

/** Medians of so many; the largest setting takes long, and is measured once unless all sizes are wanted. */
const ROUNDS = 3;
const ROUNDS_FULL = 5;

/** {@linkcode Scenario} */
export const growthConsumers: Scenario = {
  title: "Growth: consumers in one process",
  isByName: true,
  measures: [
    "1 to 1,000 consumers in a process of their own, first with nothing to do, then with a stream full of events and a",
    `handler that does nothing. Either each reads a stream of its own, or all share one stream as one group, with the`,
    `order of keys kept. Medians of ${ROUNDS} rounds, with --full of ${ROUNDS_FULL}; 1,000 are measured once without it.`,
    "",
    "start      until all have joined, from nothing",
    "idle       of one core, while they wait for events",
    "rss, heap  of the process while they wait; each: what a consumer adds to that of a process with one",
    "events/s   of all together; x 1: by that of one consumer",
    "commit     from call to answer, of up to 100 events; one connection serves them all",
  ].join("\n"),
  run,
};

interface Setting {
  readonly broker: Place["broker"];
  readonly layout: typeof LAYOUTS[number];
  readonly consumers: number;
  readonly rounds: Figures[];
}

interface Figures {
  readonly startMs: number;
  readonly idleCores: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly perSecond: number;
  readonly commitMedianMs: number;
  readonly commitP99Ms: number;
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const settings = BROKERS.flatMap((broker) =>
    LAYOUTS.flatMap((layout) =>
      COUNTS.map((consumers): Setting => ({ broker, layout, consumers, rounds: [] }))
    )
  );
  const count = options.full ? ROUNDS_FULL : ROUNDS;
  for (let round = 1; round <= count; round++) {
    for (const setting of settings) {
      const { broker, layout, consumers, rounds } = setting;
      if (round > 1 && consumers === COUNTS.at(-1) && !options.full) continue;
      options.signal.throwIfAborted();
      options.onProgress(
        `growth-consumers, round ${round} of ${count}: ${broker}, ${layout}, ${consumers}`,
      );
      rounds.push(await measure(setting, options));
    }
  }
  return settings.map((setting) => rowOf(setting, settings));
}

async function measure(
  { broker, layout, consumers }: Setting,
  { seconds, events: wanted, signal }: ScenarioOptions,
): Promise<Figures> {
  await using place = await openPlace(broker);
  const members = Array.from({ length: consumers }, (_, index): Member => ({
    stream: layout === "one group" ? "growth" : `growth-${index}`,
    group: "growth",
    consumer: `c-${index}`,
  }));
  const streams = [...new Set(members.map(({ stream }) => stream))];
  const each = Math.ceil(
    Math.max(wanted ?? EVENTS_MIN, consumers * EVENTS_EACH_MIN) / streams.length,
  );
  const events = each * streams.length;
  await using process = await ConsumerProcess.start(place, {
    members,
    events,
    idleMs: seconds * 1_000,
    signal,
  });
  const idle = await process.idle();
  for (const stream of streams) {
    const target = { broker: place.connection, stream };
    await fill(target, { events: each, payloadBytes: PAYLOAD_BYTES, signal });
  }
  const goneMs = performance.timeOrigin + performance.now();
  await process.go();
  const done = await process.done();
  return {
    startMs: process.ready.startMs,
    idleCores: idle.cores,
    rssBytes: idle.rssBytes,
    heapBytes: idle.heapBytes,
    perSecond: done.events / (done.lastAtMs - goneMs) * 1_000,
    commitMedianMs: done.commitMedianMs,
    commitP99Ms: done.commitP99Ms,
  };
}

function rowOf(setting: Setting, all: readonly Setting[]): Row {
  const { broker, layout, consumers, rounds } = setting;
  const one = all.find((other) =>
    other.broker === broker && other.layout === layout && other.consumers === 1
  );
  const of = (key: keyof Figures) => median(rounds.map((round) => round[key]));
  const ofOne = (key: keyof Figures) => median((one?.rounds ?? []).map((round) => round[key]));
  const added = (key: keyof Figures) => (of(key) - ofOne(key)) / (consumers - 1) / 1_000;
  return {
    broker,
    layout,
    consumers,
    "start ms": rounded(of("startMs")),
    "idle cores": rounded(of("idleCores"), 3),
    "rss MB": rounded(of("rssBytes") / BYTES_PER_MB),
    "heap MB": rounded(of("heapBytes") / BYTES_PER_MB, 1),
    ...consumers === 1 ? {} : {
      "rss each kB": rounded(added("rssBytes")),
      "heap each kB": rounded(added("heapBytes"), 1),
    },
    "events/s": rounded(of("perSecond")),
    "x 1": rounded(of("perSecond") / ofOne("perSecond"), 2),
    "commit ms": rounded(of("commitMedianMs"), 2),
    "commit p99 ms": rounded(of("commitP99Ms"), 2),
  };
}
