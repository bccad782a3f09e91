/**
 * The scenario `growth-memory`: millions of events, as they come.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { rounded } from "../statistics.ts";
import { ConsumerProcess, startPublisher } from "./consumer_process.ts";
import { BROKERS, openPlace, type Place } from "./place.ts";
import { BYTES_PER_MB, PAYLOAD_BYTES } from "./sizes.ts";
import { partEvents, STEADINESS_COLUMNS, steadinessRows } from "./steadiness.ts";

const EVENTS_FULL = 10_000_000;
const EVENTS = 200_000;

/** The publisher is ahead by no more, and the stream about as long. */
const LAG_MAX = 20_000;

/** How often it is looked what the broker holds, in ms: some hundred times, even in a short measurement. */
const LOOK_MS = 50;

const STREAM = "growth";

/** {@linkcode Scenario} */
export const growthMemory: Scenario = {
  title: "Growth: memory over millions of events",
  isByName: true,
  measures: [
    `A process publishes ${EVENTS.toLocaleString("en")} events, with --full ${
      EVENTS_FULL.toLocaleString("en")
    }, as fast as a consumer in another`,
    `process handles them, at most ${
      LAG_MAX.toLocaleString("en")
    } ahead; the stream is trimmed to as many. The handler does nothing. Measured`,
    "once; what publishes and the server take their share of the cores.",
    "",
    ...STEADINESS_COLUMNS,
    "broker       what the server holds in memory, or the size of the file, at its end",
  ].join("\n"),
  run,
};

interface Look {
  readonly atMs: number;
  readonly bytes: number;
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (const broker of BROKERS) rows.push(...await measure(broker, options));
  return rows;
}

async function measure(
  broker: Place["broker"],
  { events: wanted, full, signal, onProgress }: ScenarioOptions,
): Promise<Row[]> {
  const events = wanted ?? (full ? EVENTS_FULL : EVENTS);
  await using place = await openPlace(broker);
  onProgress(`growth-memory: ${broker}, ${events} events`);
  await using process = await ConsumerProcess.start(place, {
    members: [{ stream: STREAM, group: "growth", consumer: "main" }],
    events,
    sampleEvents: partEvents(events),
    signal,
  });
  const payload = { payloadBytes: PAYLOAD_BYTES, lagMax: LAG_MAX };
  await using publisher = startPublisher(place, { stream: STREAM, events, signal, ...payload });
  await process.go();
  const looks: Look[] = [];
  const ended = new AbortController();
  const looking = look(place, { looks, signal: ended.signal });
  const [done] = await Promise.all([process.done(), publisher.published])
    .finally(() => ended.abort());
  await looking;
  return steadinessRows(broker, done).map((row, index) => {
    const atMs = done.samples[index]?.atMs ?? NaN;
    const bytes = looks.find((each) => each.atMs >= atMs)?.bytes ?? looks.at(-1)?.bytes ?? NaN;
    return { ...row, "broker MB": rounded(bytes / BYTES_PER_MB, 1) };
  });
}

/** Looks again and again what the broker holds. */
async function look(
  place: Place,
  { looks, signal }: { readonly looks: Look[]; readonly signal: AbortSignal },
): Promise<void> {
  const startMs = performance.now();
  while (!signal.aborted) {
    looks.push({ atMs: performance.now() - startMs, bytes: await place.bytes() });
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
