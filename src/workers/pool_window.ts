/**
 * How much a pool takes in: a few entries more than it has workers, so that none waits here for long while others could have
 * it; where handlers finish within milliseconds, more.
 *
 * @module
 */

import { HandlingPace } from "./handling_pace.ts";
import type { PoolOptions } from "./pool_options.ts";

/** The bounds of a window. */
export type PoolWindowOptions = Pick<
  PoolOptions,
  "windowMax" | "quickWindowMax" | "workersMax" | "heldMax"
>;

/** What a pool holds. */
export interface Held {
  /** Entries in all. */
  readonly inFlight: number;
  /** Those of them that wait for a later attempt. */
  readonly resting: number;
  /** Those of them that wait for a commit. */
  readonly settled: number;
  /** How many workers can work: fewer while some are broken. */
  readonly capacity: number;
}

/** The window of one pool. */
export class PoolWindow {
  readonly #options: PoolWindowOptions;
  readonly #pace = new HandlingPace();

  /** @param options Its bounds. */
  constructor(options: PoolWindowOptions) {
    this.#options = options;
  }

  /** An entry was handled in so many ms. */
  handled(durationMs: number): void {
    this.#pace.add(durationMs);
  }

  /** How many more entries may be taken in; not below 0. */
  room({ inFlight, resting, settled, capacity }: Held): number {
    const { heldMax } = this.#options;
    const open = Math.max(0, inFlight - resting - settled);
    return Math.max(
      0,
      Math.min(this.#openMax(capacity) - open, heldMax - inFlight, this.#settledMax - settled),
    );
  }

  /** How many entries may run or wait for their turn: fewer while workers are broken, so that others can take them. */
  #openMax(capacity: number): number {
    const { windowMax, quickWindowMax = windowMax, workersMax } = this.#options;
    const quick = Math.min(this.#pace.countFor(workersMax), quickWindowMax);
    return Math.ceil(Math.max(windowMax, quick) * capacity / workersMax);
  }

  /** How many entries may wait for a commit. */
  get #settledMax(): number {
    const { windowMax, quickWindowMax = windowMax } = this.#options;
    return Math.max(windowMax, quickWindowMax);
  }
}
