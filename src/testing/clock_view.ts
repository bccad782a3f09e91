/**
 * The clock as one process of a simulation sees it: it can be set, stand still, and end with the process.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";

/** One process's view of a clock that all share. */
export class ClockView implements Clock {
  readonly #clock: Clock;
  readonly #onLook: () => void;
  #aheadMs: number;
  #frozenMs: number | null = null;
  #held: (() => void)[] = [];
  #isEnded = false;

  /**
   * @param clock The clock that all share.
   * @param options `aheadMs`: how far it was set forward before, in ms; `onLook`: told before each look at the time.
   */
  constructor(
    clock: Clock,
    options: { readonly aheadMs?: number; readonly onLook?: () => void } = {},
  ) {
    const { aheadMs = 0, onLook = () => {} } = options;
    this.#clock = clock;
    this.#aheadMs = aheadMs;
    this.#onLook = onLook;
  }

  /** {@linkcode Clock.nowMs} */
  nowMs(): number {
    this.#onLook();
    return (this.#frozenMs ?? this.#clock.nowMs()) + this.#aheadMs;
  }

  /** {@linkcode Clock.after} */
  after(delayMs: number, callback: () => void): Timer {
    if (this.#isEnded) return { cancel() {} };
    let isOver = false;
    const run = () => {
      if (isOver || this.#isEnded) return;
      if (this.#frozenMs !== null) {
        this.#held.push(run);
        return;
      }
      isOver = true;
      callback();
    };
    const timer = this.#clock.after(delayMs, run);
    return {
      cancel: () => {
        isOver = true;
        timer.cancel();
      },
    };
  }

  /** Whether it stands still. */
  get isFrozen(): boolean {
    return this.#frozenMs !== null;
  }

  /** Sets it forward, or back below 0. Waits that have begun are not affected. */
  jump(byMs: number): void {
    this.#aheadMs += byMs;
  }

  /** Stands still. */
  freeze(): void {
    this.#frozenMs ??= this.#clock.nowMs();
  }

  /** Goes on, at the present time; what fell due in between runs in its order, as soon as it can. */
  thaw(): void {
    this.#frozenMs = null;
    const held = this.#held;
    this.#held = [];
    for (const run of held) this.#clock.after(0, run);
  }

  /** Ends it: nothing that waits ever runs. */
  end(): void {
    this.#isEnded = true;
    this.#held = [];
  }
}
