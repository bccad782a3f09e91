/**
 * When to tell the consumer that settlements wait: at once when nothing else runs or enough have come together,
 * otherwise a little later, so that one commit carries many.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";

/** How long a settlement waits for others, in ms: little beside a round trip to a server, much beside a handler. */
const GATHER_MS = 5;

/** Tells once per commit. */
export class SettledNotice {
  readonly #options: {
    readonly clock: Clock;
    readonly noticeCount: number;
    readonly onSettled: () => void;
  };
  #timer: Timer | null = null;
  #told = false;

  /** @param options `noticeCount`: so many are told at once; `onSettled`: whom to tell. */
  constructor(
    options: {
      readonly clock: Clock;
      readonly noticeCount: number;
      readonly onSettled: () => void;
    },
  ) {
    this.#options = options;
  }

  /** So many settlements wait. `idle`: nothing runs or is ready. */
  settled(count: number, idle: boolean): void {
    if (count === 0) return this.reset(); // what was told of was taken back
    if (this.#told) return;
    if (idle || count >= this.#options.noticeCount) return this.#tell();
    this.#timer ??= this.#options.clock.after(GATHER_MS, () => this.#tell());
  }

  /** None of those that were told of waits any more: the next ones are told anew. */
  reset(): void {
    this.#told = false;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #tell(): void {
    this.reset();
    this.#told = true;
    this.#options.onSettled();
  }
}
