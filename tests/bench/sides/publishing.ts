/**
 * Publishing the events of a round with Tidemark.
 *
 * @module
 */

import { StreamProducer } from "../../../mod.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import { jobChunks } from "./job_events.ts";
import { PLACE } from "./lines.ts";

/** So many in one call where it is not measured: each call waits for the disk. */
const BEFORE_CHUNK = 1_000;

/** Publishes so many events before anything is measured. */
export async function publishBefore(broker: Broker, events: number): Promise<void> {
  const producer = new StreamProducer({ broker, stream: PLACE.stream });
  for (const chunk of jobChunks(events, BEFORE_CHUNK)) await producer.publishMany(chunk);
}

/** Publishes so many events while they are handled. */
export async function publishAll(broker: Broker, events: number): Promise<void> {
  const producer = new StreamProducer({ broker, stream: PLACE.stream });
  for (const chunk of jobChunks(events)) await producer.publishMany(chunk);
}
