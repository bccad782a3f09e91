/**
 * The states of a consumer, and since when it is in one.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";

/** The states of a consumer. */
export type ConsumerState =
  | "loadingCheckpoint"
  | "validating"
  | "reading"
  | "processing"
  | "acking"
  | "checkpointing"
  | "reclaiming"
  | "backingOff"
  | "paused"
  | "draining"
  | "stopped"
  | "failed";

/** Notes when a consumer came into its state. */
export class StateWatch {
  readonly #clock: Clock;
  #state: ConsumerState = "loadingCheckpoint";
  #sinceMs: number;

  /** @param clock Time. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.nowMs();
  }

  /** Since when it is in that state, in ms since 1970. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Takes the state that it is in now. */
  note(state: ConsumerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#sinceMs = this.#clock.nowMs();
  }
}
