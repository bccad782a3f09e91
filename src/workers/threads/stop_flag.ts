/**
 * A word in memory that both sides see. A handler that keeps its thread busy gets no message, but it can look at
 * `context.signal.aborted`, and that looks here.
 *
 * @module
 */

import type { StopReason } from "./protocol.ts";

const REASONS: readonly (StopReason | null)[] = [null, "timeout", "fenced", "stopped"];

/** Whether the attempt under way must stop, and why. */
export class StopFlag {
  /** What both sides share. */
  readonly memory: SharedArrayBuffer;
  readonly #word: Int32Array;

  /** @param memory What the other side shares; default new. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#word = new Int32Array(memory);
  }

  /** Why it must stop, `null` while it need not. */
  get reason(): StopReason | null {
    return REASONS[Atomics.load(this.#word, 0)] ?? null;
  }

  set reason(reason: StopReason | null) {
    Atomics.store(this.#word, 0, REASONS.indexOf(reason));
  }
}
