/**
 * Puts events into streams before they are measured.
 *
 * @module
 */

import type { Broker, NewEvent } from "../../../mod.ts";
import { StreamProducer } from "../../../mod.ts";

/** The most events that one call appends, and the most bytes: a server should not swallow more at a time. */
const COUNT_MAX = 1_000;
const BYTES_MAX = 4_000_000;

/** How many keys there are: more than any process has workers, few enough that each has many events. */
export const KEYS = 1_000;

/** What to put there. */
export interface Filling {
  readonly events: number;
  /** Of the data of an event, as JSON. */
  readonly payloadBytes: number;
  /** What keys begin with, default "key". */
  readonly keyPrefix?: string;
  readonly signal: AbortSignal;
}

/** Appends events to a stream. @throws The signal's reason. */
export async function fill(
  target: { readonly broker: Broker; readonly stream: string },
  filling: Filling,
): Promise<void> {
  const producer = new StreamProducer<string>(target);
  const { events, payloadBytes, signal } = filling;
  const count = Math.max(1, Math.min(COUNT_MAX, Math.floor(BYTES_MAX / payloadBytes)));
  for (let at = 0; at < events; at += count) {
    signal.throwIfAborted();
    const page = Array.from({ length: Math.min(count, events - at) }, (_, index) => at + index);
    await producer.publishMany(page.map((index) => eventOf(index, filling)));
  }
}

/** One of many events: its key depends on its number. */
export function eventOf(
  index: number,
  { payloadBytes, keyPrefix = "key" }: Pick<Filling, "payloadBytes" | "keyPrefix">,
): NewEvent<string> {
  // Two bytes are quotes.
  const data = "x".repeat(Math.max(0, payloadBytes - 2));
  return { type: "thing.happened", data, key: `${keyPrefix}-${index % KEYS}` };
}
