/**
 * A clock that only moves when a test says so, so that no test waits.
 *
 * @module
 */

import type { Clock, Timer } from "../../src/ports/clock.ts";

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock under a test's control. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #waiting = new Set<Waiting>();

  /** @param startMs What it shows at first. */
  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs;
  }

  /** How many timers wait. */
  get timerCount(): number {
    return this.#waiting.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const waiting = { atMs: this.#nowMs + delayMs, order: this.#order++, callback };
    this.#waiting.add(waiting);
    return { cancel: () => this.#waiting.delete(waiting) };
  }

  /** Moves on and runs nothing, as time does for a program that keeps its thread busy. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Moves on, runs what falls due in order, and lets promises settle in between. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    for (;;) {
      const due = [...this.#waiting].filter((waiting) => waiting.atMs <= endMs)
        .sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
      if (due === undefined) break;
      this.#waiting.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.callback();
      await settle();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }
}

/** Lets every promise that can settle without outside help settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
