/**
 * The rows of a long measurement: how fast and with how much memory each tenth of its events was handled.
 *
 * @module
 */

import type { Row } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import type { Done } from "./lines.ts";
import { BYTES_PER_MB } from "./sizes.ts";

/** A measurement is told in so many parts. */
const PARTS = 10;

/** How many events such a part has, for `sampleEvents` of the process. */
export function partEvents(events: number): number {
  return Math.max(1, Math.floor(events / PARTS));
}

/** What the columns of {@linkcode steadinessRows} mean. */
export const STEADINESS_COLUMNS = [
  "events       handled so far",
  "events/s     of this tenth; x median: by the median of all tenths",
  "rss, heap    of the process that handles, at its end; the heap without garbage",
];

/** A row for each part. @param broker What the first column says. */
export function steadinessRows(broker: string, { samples }: Pick<Done, "samples">): Row[] {
  const rates = samples.map(({ events, atMs }, index) => {
    const before = samples[index - 1] ?? { events: 0, atMs: 0 };
    return (events - before.events) / (atMs - before.atMs) * 1_000;
  });
  const middle = median(rates);
  return samples.map(({ events, rssBytes, heapBytes, atMs }, index) => ({
    broker,
    events,
    "after s": rounded(atMs / 1_000, 1),
    "events/s": rounded(rates[index] ?? NaN),
    "x median": rounded((rates[index] ?? NaN) / middle, 2),
    "rss MB": rounded(rssBytes / BYTES_PER_MB),
    "heap MB": rounded(heapBytes / BYTES_PER_MB, 1),
  }));
}
