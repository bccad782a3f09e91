/**
 * Patience with a broker that is away: the same call is made again, as long as that cannot append anything twice.
 *
 * @module
 */

import { backoffMs, type BackoffOptions } from "../domain/backoff.ts";
import { BrokerUnavailableError, UnknownOutcomeError } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";

/** How to repeat a call. */
export interface PatienceOptions {
  /** Whether the call may be repeated when nobody knows if it was applied. */
  readonly idempotent: boolean;
  /** For how long to try, in ms; 0 tries once. */
  readonly deadlineMs: number;
  /** Waits between two tries. */
  readonly backoff: BackoffOptions;
  /** Ends the waiting. A call under way is not broken off, because its outcome would be unknown. */
  readonly signal: AbortSignal | undefined;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
}

/**
 * Makes a call until it succeeds, fails for good, or the time is over.
 *
 * @param call What to do. It settles within the broker's call timeout.
 * @returns What the call returns.
 * @throws {UnknownOutcomeError} When a try may have been applied and no later one succeeded.
 * @throws {BrokerUnavailableError} When nothing was applied within the time.
 * @throws The signal's reason; whatever else the call throws.
 */
export async function withPatience<Result>(
  call: () => Promise<Result>,
  options: PatienceOptions,
): Promise<Result> {
  const { clock, deadlineMs, signal } = options;
  let spentMs = 0;
  let unknown: UnknownOutcomeError | undefined;
  for (let failures = 1;; failures++) {
    signal?.throwIfAborted();
    const beganAtMs = clock.nowMs();
    try {
      return await call();
    } catch (error) {
      if (error instanceof UnknownOutcomeError) unknown ??= error;
      if (!mayRepeat(error, options.idempotent)) throw error;
      const delayMs = backoffMs(failures, { ...options.backoff, random: options.random.next() });
      // A clock that was set back meanwhile gives no more time.
      spentMs += Math.max(0, clock.nowMs() - beganAtMs) + delayMs;
      if (spentMs > deadlineMs) {
        // "Not available" would say that nothing was applied; an earlier try may have been.
        throw unknown ?? error;
      }
      await wait(delayMs, clock, signal);
    }
  }
}

function mayRepeat(error: unknown, idempotent: boolean): boolean {
  return error instanceof BrokerUnavailableError ||
    (idempotent && error instanceof UnknownOutcomeError);
}

function wait(delayMs: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", abort);
      resolve();
    });
    function abort(): void {
      timer.cancel();
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", abort, { once: true });
  });
}
