/**
 * Making a call again that does no harm when it lands twice, and waiting, both until they are told to stop.
 *
 * @module
 */

import { backoffMs, BROKER_BACKOFF } from "../../domain/backoff.ts";
import { recoveryOf } from "../../domain/errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";

/** Time, chance, and an end. */
export interface RetryContext {
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** No more tries, and no more waiting. */
  readonly signal: AbortSignal;
}

/**
 * Makes a call until it is answered.
 *
 * @throws What the call threw where trying again cannot help, and at the end whatever it threw last.
 */
export async function retried<Result>(
  call: () => Promise<Result>,
  { clock, random, signal }: RetryContext,
): Promise<Result> {
  for (let failures = 1;; failures++) {
    try {
      return await call();
    } catch (error) {
      const recovery = recoveryOf(error);
      const passes = recovery === "retry" || recovery === "unknown";
      if (!passes || signal.aborted) throw error;
      const delayMs = backoffMs(failures, { ...BROKER_BACKOFF, random: random.next() });
      await waited(delayMs, { clock, signal });
    }
  }
}

/** Waits. @returns When the time is over, or the signal says so. */
export function waited(
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      timer.cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.after(ms, end);
    signal.addEventListener("abort", end);
  });
}

/** Waits for something, but no longer than so long. It must not reject. */
export async function atMost(
  ms: number,
  { clock, done }: { readonly clock: Clock; readonly done: Promise<unknown> },
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const timer = clock.after(ms, over.resolve);
  await Promise.race([done, over.promise]);
  timer.cancel();
}
