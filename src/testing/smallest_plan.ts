/**
 * Makes a plan smaller for as long as it shows the same, because nobody learns anything from three processes, forty events
 * and eight faults when one crash does.
 *
 * @module
 */

import type { Plan } from "./plan.ts";
import { shrink, withoutPart } from "./shrinking.ts";

/**
 * Leaves out faults, entries and processes: halves first, then single ones.
 *
 * @param plan Shows something.
 * @param options `shows`: whether a smaller one still does; `triesMax`: so many are tried.
 * @returns The smallest that was found.
 */
export async function smallestPlan(
  plan: Plan,
  { shows, triesMax }: {
    readonly shows: (smaller: Plan) => Promise<boolean>;
    readonly triesMax: number;
  },
): Promise<Plan> {
  const { smallest } = await shrink(plan, { smaller: withoutParts, fails: shows, triesMax });
  return smallest;
}

/** The boldest first. */
function* withoutParts(plan: Plan): Generator<Plan> {
  for (const faults of withoutPart(plan.faults)) yield { ...plan, faults };
  for (const entries of withoutPart(plan.entries)) yield { ...plan, entries };
  for (const processes of withoutPart(plan.processes, { lengthMin: 1 })) {
    yield { ...plan, processes };
  }
}
