/**
 * What the two servers of the scenario `sse` have in common.
 *
 * @module
 */

/** A server whose clients get every event. */
export interface Served {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** The path of its event stream. */
  readonly path: string;
  /** Emits an event. @param number Its number, from 1. */
  readonly emit: (number: number) => void;
}
