/**
 * What a pool holds and can take: the number by which reading is throttled.
 *
 * @module
 */

/** What a pool holds and can take, at one moment. */
export interface Load {
  /** How many more entries it takes now. */
  readonly demand: number;
  /** How many entries it holds: waiting, running, resting, settled. */
  readonly inFlight: number;
  /** How many handlers are running. */
  readonly running: number;
  /** How many settlements wait for a commit. */
  readonly settled: number;
}
