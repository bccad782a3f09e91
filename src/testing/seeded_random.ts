/**
 * Chance that can be repeated: the same seed and label give the same numbers, on every machine.
 *
 * @module
 */

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Random } from "../ports/random.ts";

/** A source of chance. */
export class SeededRandom implements Random {
  readonly #generator: ReturnType<typeof xoroshiro128plus>;

  /**
   * @param seed Whole number.
   * @param label Tells sources of one seed apart, so that one that is asked less often does not change the others.
   */
  constructor(seed: number, label = "") {
    this.#generator = xoroshiro128plus(mixed(seed, label));
  }

  /** A number in [0, 1). */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** Looks like a UUID; no two of one source are the same. */
  uniqueText(): string {
    const hex = Array.from(
      { length: 4 },
      () => this.int(0, 0xffff_ffff).toString(16).padStart(8, "0"),
    )
      .join("");
    return [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]].map(([from, to]) => hex.slice(from, to))
      .join("-");
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return uniformInt(this.#generator, min, max);
  }

  /** `true` with that probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of a list. @throws {RangeError} When it is empty. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new RangeError("Cannot pick one of nothing");
    return item;
  }

  /** One of a list of items with weights. @throws {RangeError} When the weights sum to nothing. */
  weighted<Item>(items: readonly (readonly [Item, number])[]): Item {
    const total = items.reduce((sum, [, weight]) => sum + weight, 0);
    let left = this.next() * total;
    for (const [item, weight] of items) {
      if (left < weight) return item;
      left -= weight;
    }
    throw new RangeError("Cannot pick one of nothing");
  }
}

/** FNV-1a over the label, started from the seed. */
function mixed(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) | 0;
  for (let at = 0; at < label.length; at++) {
    hash = Math.imul(hash ^ label.charCodeAt(at), 0x01000193);
  }
  return hash;
}
