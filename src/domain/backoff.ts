/**
 * Waiting times between attempts: exponential, capped, with full jitter, so that many consumers that failed together do
 * not come back together. Source of the rule: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @module
 */

import { InvalidOptionError } from "./errors.ts";

/** How the waiting time grows. */
export interface BackoffOptions {
  /** The bound of the first wait, in ms; at least 1. */
  readonly initialMs: number;
  /** The bound of every wait, in ms; at least `initialMs`. */
  readonly maxMs: number;
  /** Growth from one attempt to the next; at least 1. */
  readonly multiplier: number;
}

/** Waits for a broker that fails: back within half a second of its return, without hammering it (I8). */
export const BROKER_BACKOFF: BackoffOptions = { initialMs: 50, maxMs: 500, multiplier: 2 };

/** Waits between two attempts of a handler. */
export const HANDLER_BACKOFF: BackoffOptions = { initialMs: 100, maxMs: 30_000, multiplier: 2 };

/**
 * The waiting time before the next attempt.
 *
 * @param failures How many attempts have failed so far; from 1.
 * @param options `random`: a number in [0, 1), so that a test can choose; the rest as {@linkcode BackoffOptions}.
 * @returns Whole milliseconds, between 1 and `min(maxMs, initialMs * multiplier^(failures - 1))`.
 */
export function backoffMs(
  failures: number,
  options: BackoffOptions & { readonly random: number },
): number {
  const { initialMs, maxMs, multiplier, random } = options;
  const bound = Math.min(maxMs, initialMs * multiplier ** Math.max(0, failures - 1));
  return Math.max(1, Math.floor(random * bound));
}

/**
 * Checks backoff options.
 *
 * @throws {InvalidOptionError} When a value cannot work.
 */
export function checkBackoff(path: string, options: BackoffOptions): BackoffOptions {
  const { initialMs, maxMs, multiplier } = options;
  if (!(initialMs >= 1)) throw new InvalidOptionError(`${path}.initialMs`, initialMs, "at least 1");
  if (!(maxMs >= initialMs && maxMs <= TIMER_MS_MAX)) {
    throw new InvalidOptionError(`${path}.maxMs`, maxMs, `initialMs to ${TIMER_MS_MAX}`);
  }
  if (!(multiplier >= 1 && Number.isFinite(multiplier))) {
    throw new InvalidOptionError(`${path}.multiplier`, multiplier, "at least 1");
  }
  return options;
}

/** The longest wait a timer can take; above it `setTimeout` fires at once. */
export const TIMER_MS_MAX = 2_147_483_647;
