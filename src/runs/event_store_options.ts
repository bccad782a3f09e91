/**
 * What an event store is told: where runs are, how much is kept of them, and for how long.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { Random } from "../ports/random.ts";

/** Where runs are kept, and how much of them. */
export interface EventStoreOptions {
  /** Where. The store does not close it. */
  readonly broker: JournalStore;
  /** How many events of a run are kept; the oldest go first. Default: 10,000. */
  readonly lengthMax?: number;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** Enough for hours of an ordinary run, and some megabytes at most of an ordinary one. */
export const RUN_LENGTH_MAX_DEFAULT = 10_000;

/** A day: long enough to look at it tomorrow. */
export const RUN_TTL_MS_DEFAULT = 86_400_000;

/** As for the broker's expiries: a hundred years. */
const EXPIRE_MS_MAX = 3_155_760_000_000;

/**
 * Checks how long something is kept.
 *
 * @throws {InvalidOptionError} When it cannot be.
 */
export function checkExpireMs(option: string, expireMs: number | null): number | null {
  const works = expireMs === null ||
    (Number.isSafeInteger(expireMs) && expireMs >= 1 && expireMs <= EXPIRE_MS_MAX);
  if (works) return expireMs;
  const wanted = `null or a whole number from 1 to ${EXPIRE_MS_MAX}`;
  throw new InvalidOptionError(option, expireMs, wanted);
}
