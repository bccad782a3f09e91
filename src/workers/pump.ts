/**
 * Paces a pool: starts what is ready after the current turn, and lets timers run now and then, also beside handlers
 * that never wait. Leases are renewed by a timer.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";

/** How long handlers that never wait may keep timers from running, in ms: little beside a third of any lease. */
const SLICE_MS = 20;

/** What a pump needs. */
export interface PumpOptions {
  /** Time. */
  readonly clock: Clock;
  /** Whether something could be started now. */
  readonly canStart: () => boolean;
  /** Starts one; given the time, in ms since 1970. */
  readonly start: (nowMs: number) => void;
  /** Whether nothing runs and nothing is ready. */
  readonly isIdle: () => boolean;
  /** Told when it has started all that could be, or pauses. */
  readonly onPause: () => void;
  /** Told when timers have had their turn since it last started something, unless all was done by then. */
  readonly onTurn: () => void;
}

/** Starts what is ready. */
export class Pump {
  readonly #options: PumpOptions;
  /** What runs without a pause, in however many microtasks; its timer fires when there is one. */
  #slice: { readonly endMs: number; readonly timer: Timer } | null = null;
  #isDue = false;
  #isPaused = false;

  /** @param options What to start, and when. */
  constructor(options: PumpOptions) {
    this.#options = options;
  }

  /** Starts what is ready, after the current turn. */
  soon(): void {
    if (this.#isDue || this.#isPaused) return;
    if (!this.#options.canStart()) return this.#endWhenIdle();
    this.#isDue = true;
    queueMicrotask(() => this.#run());
  }

  #run(): void {
    this.#isDue = false;
    const { clock, canStart, start, onPause } = this.#options;
    const slice = this.#slice ??= this.#begin();
    while (canStart() && !this.#isPaused) {
      const nowMs = clock.nowMs();
      if (nowMs >= slice.endMs) this.#isPaused = true;
      else start(nowMs);
    }
    this.#endWhenIdle();
    onPause();
  }

  #begin(): { readonly endMs: number; readonly timer: Timer } {
    const { clock, onTurn } = this.#options;
    const timer = clock.after(0, () => {
      this.#slice = null;
      onTurn();
      if (!this.#isPaused) return;
      this.#isPaused = false;
      this.soon();
    });
    return { endMs: clock.nowMs() + SLICE_MS, timer };
  }

  #endWhenIdle(): void {
    if (this.#slice === null || this.#isPaused || !this.#options.isIdle()) return;
    this.#slice.timer.cancel();
    this.#slice = null;
  }
}
