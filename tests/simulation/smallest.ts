/**
 * Finds the smallest plan that still fails in the same way as a given one.
 *
 * @module
 */

import type { Plan } from "../../src/testing/plan.ts";
import { shrink, type Shrunk } from "../../src/testing/shrinking.ts";
import { smallerPlans } from "./smaller_plans.ts";
import { brokenIn, type TrialOptions, tryPlan } from "./trial.ts";

/** How to find it. */
export interface SmallestOptions extends Pick<TrialOptions, "wrapBroker" | "wrapClock"> {
  /** The most plans to try; each takes as long as its simulation. */
  readonly triesMax: number;
  /** The invariants of which a smaller plan must break one. Default: those that the whole one breaks. */
  readonly breaks?: readonly string[];
}

/** What was found. */
export interface SmallestPlan extends Shrunk<Plan> {
  /** The invariants that it breaks. */
  readonly broken: readonly string[];
}

/**
 * Makes a failing plan smaller. A smaller one fails in the same way when it breaks one of the invariants that are meant.
 *
 * @param plan A plan that fails.
 */
export async function smallestPlan(
  plan: Plan,
  { triesMax, breaks, ...options }: SmallestOptions,
): Promise<SmallestPlan> {
  const wanted = new Set(breaks ?? brokenIn(await tryPlan(plan, options)));
  const fails = async (smaller: Plan) =>
    brokenIn(await tryPlan(smaller, options)).some((name) => wanted.has(name));
  const shrunk = await shrink(plan, { smaller: smallerPlans, fails, triesMax });
  return { ...shrunk, broken: brokenIn(await tryPlan(shrunk.smallest, options)) };
}
