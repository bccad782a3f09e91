/**
 * Waiting between two tries of a call, and making one again that does no harm when it lands twice.
 *
 * @module
 */

import { backoffMs, BROKER_BACKOFF } from "../domain/backoff.ts";
import { recoveryOf } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** Time and chance. */
export interface PatienceContext {
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
}

/** After what trying again soon cannot help, such as a missing right, in ms. */
const HOPELESS_MS = 5_000;

/** Whether the same call may succeed later. */
export function passesByItself(error: unknown): boolean {
  const recovery = recoveryOf(error);
  return recovery === "retry" || recovery === "unknown";
}

/**
 * Makes a call that may land twice until it is answered, or the time is over.
 *
 * @param call What to do.
 * @param options `deadlineMs`: for how long to try again.
 * @throws What the last try threw.
 */
export async function repeated<Result>(
  call: () => Promise<Result>,
  options: PatienceContext & { readonly deadlineMs: number },
): Promise<Result> {
  const { clock, deadlineMs } = options;
  let isOver = false;
  // Not by the time of day, which may be set back or forth meanwhile.
  const deadline = clock.after(deadlineMs, () => {
    isOver = true;
  });
  try {
    for (let failures = 1;; failures++) {
      try {
        return await call();
      } catch (error) {
        if (!passesByItself(error) || isOver) throw error;
        await pause({ ...options, error, failures });
      }
    }
  } finally {
    deadline.cancel();
  }
}

/** Waits after a failure. @returns When the time is over, or the signal says so. */
export function pause(
  options: PatienceContext & {
    readonly error: unknown;
    readonly failures: number;
    readonly signal?: AbortSignal;
  },
): Promise<void> {
  const { clock, error, failures, signal } = options;
  const random = options.random.next();
  const delayMs = passesByItself(error)
    ? backoffMs(failures, { ...BROKER_BACKOFF, random })
    : HOPELESS_MS;
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.after(delayMs, end);
    signal?.addEventListener("abort", end);
  });
}
