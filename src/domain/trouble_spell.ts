/**
 * Failures that follow each other closely are one trouble: a broker that is away for a minute makes hundreds of calls fail,
 * and a log that says so hundreds of times hides what else happens.
 *
 * @module
 */

/** After so long without a failure the next one is another trouble, in ms: longer than any pause between two tries. */
const QUIET_MS = 60_000;

/** Tells the first failure of a trouble from those that follow. */
export class TroubleSpell {
  #lastMs: number | null = null;

  /**
   * Takes a failure.
   *
   * @param nowMs When, in ms.
   * @returns Whether it begins a trouble, and should be told.
   */
  begins(nowMs: number): boolean {
    const sinceMs = this.#lastMs === null ? Infinity : nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    // A clock that was set back says nothing of how long it was quiet.
    return sinceMs >= QUIET_MS || sinceMs < 0;
  }

  /** Takes a success. @returns Whether it ends a trouble, and should be told. */
  ends(): boolean {
    const wasTroubled = this.#lastMs !== null;
    this.#lastMs = null;
    return wasTroubled;
  }
}
