/**
 * Millions of durations in a few kilobytes: counted in classes that are 1 % wide, so that processes can hand them on and
 * add them up.
 *
 * @module
 */

/** The smallest duration that is told apart from nothing, in ms. */
const SMALLEST_MS = 0.01;

const LOG_STEP = Math.log(1.01);

/** Up to two minutes. */
const CLASSES = Math.ceil(Math.log(120_000 / SMALLEST_MS) / LOG_STEP);

/** Durations. */
export class Histogram {
  readonly #counts: number[] = new Array<number>(CLASSES).fill(0);
  #count = 0;
  #maxMs = 0;

  /** Takes a duration in ms. */
  add(ms: number): void {
    const place = Math.ceil(Math.log(ms / SMALLEST_MS) / LOG_STEP);
    // A duration of nothing, or a negative one by the difference of two clocks, is of the first class.
    const at = place > 0 ? Math.min(place, CLASSES - 1) : 0;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#count++;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** The longest one, in ms. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** The duration that a share of all does not exceed, in ms, to 1 %; `NaN` for none. @param share 0 to 1. */
  quantileMs(share: number): number {
    if (this.#count === 0) return NaN;
    let left = this.#count * share;
    for (let at = 0; at < CLASSES; at++) {
      left -= this.#counts[at] ?? 0;
      if (left <= 0) return Math.min(this.#maxMs, SMALLEST_MS * Math.exp(at * LOG_STEP));
    }
    return this.#maxMs;
  }
}
