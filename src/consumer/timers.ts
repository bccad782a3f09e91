/**
 * The timers of one consumer, so that all of them end with it.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";

/** Waits for something, but not for longer than this; its failure is the caller's. */
export async function within(clock: Clock, delayMs: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = clock.after(delayMs, () => late.resolve());
  try {
    await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}

/** Timers that are cancelled together. */
export class Timers {
  readonly #clock: Clock;
  readonly #waiting = new Set<Timer>();
  #closed = false;

  /** @param clock Time. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs a callback once, later. */
  after(delayMs: number, callback: () => void): void {
    if (this.#closed) return;
    const timer = this.#clock.after(Math.ceil(delayMs), () => {
      this.#waiting.delete(timer);
      callback();
    });
    this.#waiting.add(timer);
  }

  /** Runs a callback again and again. */
  every(delayMs: number, callback: () => void): void {
    this.after(delayMs, () => {
      callback();
      this.every(delayMs, callback);
    });
  }

  /** Cancels all; later ones never run. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#waiting) timer.cancel();
    this.#waiting.clear();
  }
}
