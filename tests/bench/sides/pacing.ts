/**
 * Publishing at a steady rate. Whoever is late makes up for it, so that a busy process publishes as many as an idle one.
 *
 * @module
 */

import { nowMs } from "../sse/mark.ts";
import { type JobEvent, jobEvent } from "./job_events.ts";
import type { Round } from "./lines.ts";

/** So many are published, until all code is compiled, before anything is measured; in s. */
const WARM_UP_SECONDS = 0.5;

/** Publishes all events of a round. @param publish Publishes one; it is not waited for before the next is due. */
export async function publishPaced(
  { events, eventsPerSecond }: Round,
  publish: (event: JobEvent) => Promise<unknown>,
): Promise<void> {
  const startMs = performance.now();
  const publishing: Promise<unknown>[] = [];
  for (let number = 1; number <= events; number++) {
    const waitMs = startMs + number * 1_000 / eventsPerSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    publishing.push(publish(jobEvent(number, nowMs())));
  }
  await Promise.all(publishing);
}

/** Whether an event counts. */
export function isMeasured({ number }: { readonly number: number }, round: Round): boolean {
  return number > round.eventsPerSecond * WARM_UP_SECONDS;
}
