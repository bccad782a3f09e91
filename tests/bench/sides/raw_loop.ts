/**
 * The loop over a Redis stream that one would write by hand: read a batch, handle its entries, acknowledge them. As fast
 * as it can be, nothing is parsed and nothing awaited but the server; or as one writes it, so that a handler gets data and
 * may be asynchronous. At a crash, what was handled but not acknowledged is left pending, and nobody looks at it.
 *
 * @module
 */

import type { Figures, Round } from "./lines.ts";
import { Stopwatch } from "./stopwatch.ts";

/** An entry as both versions of ioredis give it. */
export type Entry = readonly [id: string, fields: readonly string[]];

/** How a raw loop works. */
export interface RawOptions {
  /** XREADGROUP with BLOCK. */
  readonly read: () => Promise<unknown>;
  /** XACK, and what else a batch ends with. */
  readonly acknowledge: (entries: readonly Entry[]) => Promise<unknown>;
  /** Whether the handler is given data, and waited for. */
  readonly parsed: boolean;
}

/** Handles all events. */
export async function rawLoop({ events }: Round, options: RawOptions): Promise<Figures> {
  const { read, acknowledge, parsed } = options;
  const watch = new Stopwatch(events);
  const handle: (data: unknown) => unknown = watch.handle;
  while (watch.handled < events) {
    const entries = entriesOf(await read());
    for (const [, fields] of entries) {
      if (parsed) await handle(dataOf(fields));
      else watch.handle();
    }
    if (entries.length > 0) await acknowledge(entries);
  }
  return watch.stop();
}

/** The ids of a batch, for XACK. */
export function idsOf(entries: readonly Entry[]): string[] {
  return entries.map(([id]) => id);
}

/** What an event tells. */
export function dataOf(fields: readonly string[]): unknown {
  return JSON.parse(payloadOf(fields));
}

/** The same, as it stands in the entry. */
export function payloadOf(fields: readonly string[]): string {
  return fields[fields.indexOf("payload") + 1] ?? "null";
}

/** The entries of an answer of XREADGROUP for one stream. */
export function entriesOf(reply: unknown): readonly Entry[] {
  if (reply === null) return [];
  if (Array.isArray(reply)) return reply[0]?.[1] ?? [];
  throw new TypeError("XREADGROUP answered something else than streams with their entries");
}
