/**
 * Time, so that tests and the simulator can run a consumer on a clock of their own.
 *
 * @module
 */

/** A pending wait. */
export interface Timer {
  /** Ends the wait without running its callback. Safe to call twice. */
  cancel(): void;
}

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since 1970. May jump. */
  nowMs(): number;
  /**
   * Runs a callback once, later.
   *
   * @param delayMs 0 to 2,147,483,647.
   */
  after(delayMs: number, callback: () => void): Timer;
}

/** The time of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const id = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(id) };
  },
};
