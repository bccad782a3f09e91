/**
 * Emits events at a steady rate. Whoever is late makes up for it, so that a busy process emits as many as an idle one;
 * how late it was is part of the result, or a server that is too busy to emit would look fast.
 *
 * @module
 */

import { Histogram } from "../histogram.ts";
import { startCpuShare } from "../processor.ts";
import type { ServerSettings } from "./lines.ts";

/** What was measured while events were emitted, after the warm-up. */
export interface Emission {
  /** Resident size in the middle, in bytes. */
  readonly rssBytes: number;
  /** Of one core. */
  readonly cpuShare: number;
  /** How late 99 of 100 events were at most, in ms. */
  readonly lateMs: number;
}

/** Emits all events. @param emit Emits one; it is told its number, from 1. */
export async function emitAll(
  settings: ServerSettings,
  emit: (number: number) => void,
): Promise<Emission> {
  const { eventsPerSecond, warmUpEvents, events } = settings;
  const late = new Histogram();
  const startMs = performance.now();
  let cpuShare = startCpuShare();
  let rssBytes = 0;
  for (let number = 1; number <= warmUpEvents + events; number++) {
    const dueMs = startMs + number * 1_000 / eventsPerSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (number === warmUpEvents + 1) cpuShare = startCpuShare();
    if (number === warmUpEvents + Math.ceil(events / 2)) rssBytes = Deno.memoryUsage().rss;
    if (number > warmUpEvents) late.add(performance.now() - dueMs);
    emit(number);
  }
  return { rssBytes, cpuShare: cpuShare(), lateMs: late.quantileMs(0.99) };
}
