/**
 * The plan of a campaign: which fault comes next. Named points come in rounds, each of them once a round and in an order
 * of its own, so that a campaign that is long enough aims at all of them equally often; faults at random moments come in
 * between.
 *
 * @module
 */

import { ALL_POINTS, type Point } from "./points.ts";
import type { Seeded } from "./seeded.ts";

/** The others come at random moments, or near a commit. */
const NAMED_SHARE = 0.6;

/** Chooses faults. */
export class Plan {
  readonly #random: Seeded;
  readonly #left: Point[] = [];

  /** @param random Where choices come from. */
  constructor(random: Seeded) {
    this.#random = random;
  }

  /** The point to hit next, `null` for a random moment. */
  next(): Point | null {
    return this.#random.chance(NAMED_SHARE) ? this.nextPoint() : null;
  }

  /** The point to hit next. */
  nextPoint(): Point {
    if (this.#left.length === 0) this.#left.push(...ALL_POINTS);
    const at = this.#random.between(0, this.#left.length - 1);
    return this.#left.splice(at, 1)[0] ?? "commit.applied";
  }
}
