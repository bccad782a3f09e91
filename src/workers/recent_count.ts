/**
 * How many entries a pool finishes in a moment. So many may be read ahead without any of them waiting here for longer
 * than that, while others could have had them.
 *
 * @module
 */

/** The moment, in ms: little beside a lease, much beside a round trip to a server. */
const MOMENT_MS = 5;

/** Counts what was finished in the last whole moment. */
export class RecentCount {
  #startMs = 0;
  #count = 0;
  #last = 0;

  /** So many were finished now, in ms since 1970. */
  add(count: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#count += count;
  }

  /** How many were finished in the last whole moment. */
  at(nowMs: number): number {
    this.#turn(nowMs);
    return this.#last;
  }

  #turn(nowMs: number): void {
    const sinceMs = nowMs - this.#startMs;
    if (sinceMs >= 0 && sinceMs < MOMENT_MS) return;
    this.#last = sinceMs >= 0 && sinceMs < 2 * MOMENT_MS ? this.#count : 0;
    this.#count = 0;
    this.#startMs = nowMs;
  }
}
