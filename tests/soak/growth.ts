/**
 * Whether the service grows: for each measure, the median of the second quarter of a soak beside that of the last one.
 * The first quarter is warm-up. Medians, because a fault now and then moves single samples and must not move the verdict.
 *
 * @module
 */

import type { Sample } from "./sampler.ts";

/** What is watched, and by how much it may rise: by a share and by an amount, whichever allows more. */
const MEASURES = [
  { name: "heapMb", shareMax: 0.1, amountMax: 2 },
  { name: "rssMb", shareMax: 0.15, amountMax: 15 },
  { name: "sockets", shareMax: 0, amountMax: 2 },
  { name: "threads", shareMax: 0, amountMax: 2 },
  { name: "timers", shareMax: 0.1, amountMax: 10 },
  { name: "connections", shareMax: 0, amountMax: 2 },
  // These two vary with what happens to be in flight: up to a read of 100 entries per consumer.
  { name: "doneSet", shareMax: 0.5, amountMax: 500 },
  { name: "pending", shareMax: 0.5, amountMax: 1_000 },
  { name: "records", shareMax: 0.15, amountMax: 1_000 },
] as const;

/** One measure's verdict. */
export interface Growth {
  readonly name: typeof MEASURES[number]["name"];
  /** Medians, `null` where it was never seen. */
  readonly second: number | null;
  readonly last: number | null;
  readonly grew: boolean;
}

/** The verdict of each measure. */
export function growthOf(samples: readonly Sample[]): Growth[] {
  const quarter = Math.floor(samples.length / 4);
  return MEASURES.map(({ name, shareMax, amountMax }) => {
    const second = median(samples.slice(quarter, 2 * quarter), name);
    const last = median(samples.slice(samples.length - quarter), name);
    const rise = second === null || last === null ? 0 : last - second;
    return { name, second, last, grew: rise > Math.max(amountMax, (second ?? 0) * shareMax) };
  });
}

function median(samples: readonly Sample[], name: Growth["name"]): number | null {
  const values = samples.map((sample) => sample[name]).filter((value) => value !== null)
    .sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? null;
}
