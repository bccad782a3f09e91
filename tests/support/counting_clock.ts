/**
 * The time of this machine, with a count of the timers that wait: what is not zero at the end was left behind.
 *
 * @module
 */

import { type Clock, systemClock, type Timer } from "../../src/ports/clock.ts";

/** A clock that counts. */
export class CountingClock implements Clock {
  readonly #waiting = new Set<Timer>();

  /** How many timers wait. */
  get timerCount(): number {
    return this.#waiting.size;
  }

  nowMs(): number {
    return systemClock.nowMs();
  }

  after(delayMs: number, callback: () => void): Timer {
    const under = systemClock.after(delayMs, () => {
      this.#waiting.delete(timer);
      callback();
    });
    const timer: Timer = {
      cancel: () => {
        this.#waiting.delete(timer);
        under.cancel();
      },
    };
    this.#waiting.add(timer);
    return timer;
  }
}
