/**
 * Chance that a seed repeats.
 *
 * @module
 */

/** A source of numbers that a seed repeats (mulberry32). */
export class Dice {
  #state: number;

  /** @param seed Any whole number. */
  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 to `sides - 1`. */
  roll(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  }

  /** `true` once in so many times. */
  once(inTimes: number): boolean {
    return this.roll(inTimes) === 0;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.roll(list.length)];
    if (picked === undefined) throw new Error("Cannot pick from an empty list");
    return picked;
  }
}
