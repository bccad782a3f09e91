/**
 * The scenario `growth-backlog`: an hour in which nobody handled anything.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { ConsumerProcess } from "./consumer_process.ts";
import { fill } from "./fill.ts";
import { BROKERS, openPlace, type Place } from "./place.ts";
import { PAYLOAD_BYTES } from "./sizes.ts";
import { partEvents, STEADINESS_COLUMNS, steadinessRows } from "./steadiness.ts";

/** An hour of 2,000 events a second, and less for a look. */
const EVENTS_FULL = 7_200_000;
const EVENTS = 200_000;

const STREAM = "growth";

/** {@linkcode Scenario} */
export const growthBacklog: Scenario = {
  title: "Growth: a backlog",
  isByName: true,
  measures: [
    `A stream holds ${EVENTS.toLocaleString("en")} events that nobody has handled, with --full ${
      EVENTS_FULL.toLocaleString("en")
    }: an hour at 2,000`,
    "a second. A consumer in a process of its own catches up, with a handler that does nothing. Measured once.",
    "",
    ...STEADINESS_COLUMNS,
  ].join("\n"),
  run,
};

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
  onProgress(`growth-backlog: ${broker} is filled with ${events} events`);
  const target = { broker: place.connection, stream: STREAM };
  await fill(target, { events, payloadBytes: PAYLOAD_BYTES, signal });
  onProgress(`growth-backlog: ${broker} is caught up with`);
  await using process = await ConsumerProcess.start(place, {
    members: [{ stream: STREAM, group: "growth", consumer: "main" }],
    events,
    sampleEvents: partEvents(events),
    signal,
  });
  await process.go();
  return steadinessRows(broker, await process.done());
}
