/**
 * SQLite answers at once, so a loop of reads and commits would run on promises alone, and no timer, signal or socket of
 * this process would ever get its turn. Every few milliseconds a read lets them.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** How long a loop may run before others get their turn: short against every timer, long against one turn (10 µs). */
const TURN_MS = 5;

/** Lets others have their turn. */
export class Breather {
  readonly #isReal: boolean;
  #lastMs = 0;

  /** @param isReal `false` in a simulation, whose order of events must not depend on how fast this machine is. */
  constructor(isReal: boolean) {
    this.#isReal = isReal;
  }

  /** Resolves at once, or after one turn of the event loop when this process has run long enough. */
  async breathe(): Promise<void> {
    if (!this.#isReal || performance.now() - this.#lastMs < TURN_MS) return;
    await new Promise<void>((resolve) => {
      setImmediate(() => resolve());
    });
    this.#lastMs = performance.now();
  }
}
