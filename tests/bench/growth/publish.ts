/**
 * A process that publishes while another one handles: as fast as the groups of the stream follow, so that the stream
 * stays as short as it is in a service that keeps up.
 *
 * @module
 */

import { connect, StreamProducer } from "../../../mod.ts";
import { eventOf } from "./fill.ts";
import { publishSettings, tell } from "./lines.ts";
import { memoryUse } from "./memory_use.ts";

const COUNT = 500;

/** How long a measure of the group is good for, in ms: shorter than it takes to handle `lagMax` events. */
const INTERVAL_MS = 20;

if (import.meta.main) await main();

async function main(): Promise<void> {
  const settings = publishSettings.parse(JSON.parse(Deno.args[0] ?? ""));
  const { url, stream, events, payloadBytes, lagMax } = settings;
  await using broker = await connect(url);
  using producer = new StreamProducer<string>({
    broker,
    stream,
    lengthMax: lagMax,
    backpressure: { lagMax, then: "wait", waitMsMax: 0, intervalMs: INTERVAL_MS },
  });
  for (let at = 0; at < events; at += COUNT) {
    const length = Math.min(COUNT, events - at);
    const page = Array.from({ length }, (_, index) => eventOf(at + index, { payloadBytes }));
    await producer.publishMany(page);
  }
  tell({ events, ...memoryUse() });
}
