/**
 * When to measure next: evenly, never in step with other processes, and less often while the broker is away.
 *
 * @module
 */

import { TIMER_MS_MAX } from "../domain/backoff.ts";
import { InvalidOptionError } from "../domain/errors.ts";

/** A broker that is away is asked at least so often, in ms: soon enough after its return. */
const AWAY_MS_MAX = 30_000;

/** So much is added at most, as a share: a fleet that started together drifts apart within some rounds. */
const JITTER_SHARE = 0.2;

/**
 * The wait until the next measure: the interval, doubled with every failure in a row up to half a minute, and up to a
 * fifth more.
 *
 * @param failures Measures in a row that failed; 0 for none.
 * @param options `intervalMs`; `random`: a number in [0, 1).
 * @returns Whole ms, at least `intervalMs`.
 */
export function measureDelayMs(
  failures: number,
  options: { readonly intervalMs: number; readonly random: number },
): number {
  const { intervalMs, random } = options;
  const wantedMs = Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, AWAY_MS_MAX));
  return Math.min(TIMER_MS_MAX, Math.floor(wantedMs * (1 + JITTER_SHARE * random)));
}

/**
 * Checks an interval: below 10 ms the measuring would be the load, above an hour nothing would be noticed.
 *
 * @throws {InvalidOptionError} When it cannot work.
 */
export function checkIntervalMs(option: string, intervalMs: number): number {
  if (Number.isInteger(intervalMs) && intervalMs >= 10 && intervalMs <= 3_600_000) {
    return intervalMs;
  }
  throw new InvalidOptionError(option, intervalMs, "a whole number from 10 to 3600000");
}
