/**
 * How many entries handlers finish in a moment, by how long they took lately. So many may be read ahead without any of
 * them waiting here for much longer than that, while others could have had them.
 *
 * @module
 */

/** The moment, in ms: little beside a lease, much beside a call to a server that is near. */
const MOMENT_MS = 5;

/** The share of the newest duration in the mean: a slow entry is felt at once, and for some fifty quick ones. */
const NEWEST_SHARE = 1 / 8;

/** The mean duration, of one entry in a worker's hands. */
export class HandlingPace {
  /** Until more is known, a handler is taken for a slow one. */
  #meanMs = MOMENT_MS;

  /** An entry was finished. A clock that jumps back makes no handler quicker than it is. */
  add(durationMs: number): void {
    this.#meanMs += (Math.max(0, durationMs) - this.#meanMs) * NEWEST_SHARE;
  }

  /** How many entries so many workers finish in a moment. Not bounded: quick handlers take no time at all. */
  countFor(workers: number): number {
    return Math.floor(workers * MOMENT_MS / this.#meanMs);
  }
}
