/**
 * How often something is drawn again: only when it is another than before, and not more often than one can see.
 *
 * @module
 */

import type { Inspection } from "./inspection.ts";

/** A drawing's pace. */
export class Pace {
  readonly #inspection: Inspection;
  readonly #intervalMs: number;
  #key = "";
  #lastMs = -Infinity;
  #isAwaited = false;

  /** @param intervalMs The least time from one drawing to the next, in ms. */
  constructor(inspection: Inspection, intervalMs: number) {
    this.#inspection = inspection;
    this.#intervalMs = intervalMs;
  }

  /**
   * Whether it is to be drawn now. If it is too early it will be asked again.
   *
   * @param key What it is drawn from, in a text: the same text, the same drawing.
   * @param options `atOnce`: what its user has done is shown at once.
   */
  isDue(key: string, { atOnce = false }: { readonly atOnce?: boolean } = {}): boolean {
    if (key === this.#key) return false;
    const leftMs = this.#lastMs + this.#intervalMs - performance.now();
    if (leftMs > 0 && !atOnce) {
      this.#await(leftMs);
      return false;
    }
    this.#key = key;
    this.#lastMs = performance.now();
    return true;
  }

  #await(ms: number): void {
    if (this.#isAwaited) return;
    this.#isAwaited = true;
    setTimeout(() => {
      this.#isAwaited = false;
      this.#inspection.changed();
    }, ms);
  }
}
