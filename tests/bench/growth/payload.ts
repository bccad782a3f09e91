/**
 * The scenario `growth-payload`: events from 100 bytes to a megabyte.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { ConsumerProcess } from "./consumer_process.ts";
import { fill } from "./fill.ts";
import { BROKERS, openPlace, type Place } from "./place.ts";
import { BYTES_PER_MB } from "./sizes.ts";

/** Up to the largest that a producer takes, less a little. */
const PAYLOADS_BYTES = [100, 1_000, 10_000, 100_000, 1_000_000];

/** At most so many events of a size, and at most so many bytes of them. */
const EVENTS = 20_000;
const EVENTS_FULL = 200_000;
const BYTES_MAX = 100_000_000;
const BYTES_MAX_FULL = 1_000_000_000;
const ROUNDS = 3;
const ROUNDS_FULL = 5;

const STREAM = "growth";

/** {@linkcode Scenario} */
export const growthPayload: Scenario = {
  title: "Growth: the size of an event",
  isByName: true,
  measures: [
    "A consumer in a process of its own handles a stream that is full of events of one size, with a handler that does",
    `nothing but is given the parsed data. Medians of ${ROUNDS} rounds, with --full of ${ROUNDS_FULL}.`,
    "",
    "payload    bytes of the data of an event, as JSON",
    "MB/s       of data",
    "rss, heap  of the process after the last event; more: what it had not before the first",
    "commit     from call to answer, of up to 100 events",
  ].join("\n"),
  run,
};

interface Setting {
  readonly broker: Place["broker"];
  readonly payloadBytes: number;
  readonly rounds: Figures[];
}

interface Figures {
  readonly perSecond: number;
  readonly rssBytes: number;
  readonly rssMoreBytes: number;
  readonly heapBytes: number;
  readonly commitMedianMs: number;
  readonly commitP99Ms: number;
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const settings = BROKERS.flatMap((broker) =>
    PAYLOADS_BYTES.map((payloadBytes): Setting => ({ broker, payloadBytes, rounds: [] }))
  );
  const count = options.full ? ROUNDS_FULL : ROUNDS;
  for (let round = 1; round <= count; round++) {
    for (const setting of settings) {
      const { broker, payloadBytes, rounds } = setting;
      options.signal.throwIfAborted();
      options.onProgress(
        `growth-payload, round ${round} of ${count}: ${broker}, ${payloadBytes} B`,
      );
      rounds.push(await measure(setting, options));
    }
  }
  return settings.map(rowOf);
}

async function measure(
  { broker, payloadBytes }: Setting,
  { events: wanted, full, signal }: ScenarioOptions,
): Promise<Figures> {
  const bytesMax = full ? BYTES_MAX_FULL : BYTES_MAX;
  const eventsMax = wanted ?? (full ? EVENTS_FULL : EVENTS);
  const events = Math.min(eventsMax, Math.floor(bytesMax / payloadBytes));
  await using place = await openPlace(broker);
  await fill({ broker: place.connection, stream: STREAM }, { events, payloadBytes, signal });
  await using process = await ConsumerProcess.start(place, {
    members: [{ stream: STREAM, group: "growth", consumer: "main" }],
    events,
    signal,
  });
  const goneMs = performance.timeOrigin + performance.now();
  await process.go();
  const done = await process.done();
  return {
    ...done,
    rssMoreBytes: done.rssBytes - process.ready.rssBytes,
    perSecond: done.events / (done.lastAtMs - goneMs) * 1_000,
  };
}

function rowOf({ broker, payloadBytes, rounds }: Setting): Row {
  const of = (key: keyof Figures) => median(rounds.map((round) => round[key]));
  return {
    broker,
    "payload B": payloadBytes,
    "events/s": rounded(of("perSecond")),
    "MB/s": rounded(of("perSecond") * payloadBytes / BYTES_PER_MB, 1),
    "rss MB": rounded(of("rssBytes") / BYTES_PER_MB),
    "rss more MB": rounded(of("rssMoreBytes") / BYTES_PER_MB),
    "heap MB": rounded(of("heapBytes") / BYTES_PER_MB, 1),
    "commit ms": rounded(of("commitMedianMs"), 2),
    "commit p99 ms": rounded(of("commitP99Ms"), 2),
  };
}
