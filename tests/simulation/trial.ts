/**
 * A trial: one plan is simulated, and what was seen is judged.
 *
 * @module
 */

import type { Plan } from "../../src/testing/plan.ts";
import { simulatePlan } from "../../src/testing/simulation.ts";
import { EndlessLoopError } from "../../src/testing/instant.ts";
import type { SimulationHooks } from "../../src/testing/simulation_result.ts";
import type { Coverage } from "./coverage.ts";
import { evidenceOf } from "./evidence.ts";
import { type Breach, judge } from "./invariants/all.ts";
import { Moments } from "./moments.ts";
import { takenIn } from "./transitions.ts";

/** What a breach is called when the simulation itself could not go on. */
export const NO_END = "simulation";

/** How to try a plan. */
export interface TrialOptions extends Pick<SimulationHooks, "wrapBroker" | "wrapClock"> {
  /** Counts what happens. */
  readonly coverage?: Coverage;
  /** Whether the transitions of the machines are counted too, which costs as much as all the rest. */
  readonly countTransitions?: boolean;
}

/** What came of a trial. */
export interface Trial {
  readonly breaches: readonly Breach[];
  /** Empty when the simulation could not go on. */
  readonly traceHash: string;
  readonly happenings: number;
}

/** Tries a plan. Whatever goes wrong is a breach. */
export async function tryPlan(plan: Plan, options: TrialOptions = {}): Promise<Trial> {
  const { coverage, countTransitions = false, wrapBroker, wrapClock } = options;
  const moments = new Moments();
  try {
    const result = await simulatePlan(plan, {
      hooks: {
        ...moments.hooks,
        ...(wrapBroker === undefined ? {} : { wrapBroker }),
        ...(wrapClock === undefined ? {} : { wrapClock }),
        ...(countTransitions
          ? { inspect: (event) => takenIn(event).forEach((name) => coverage?.noteTransition(name)) }
          : {}),
      },
    });
    for (const happening of result.happenings) coverage?.note(happening);
    const breaches = judge(evidenceOf(plan, result, moments.all));
    return { breaches, traceHash: result.traceHash, happenings: result.happenings.length };
  } catch (error) {
    return { breaches: [{ invariant: NO_END, text: told(error) }], traceHash: "", happenings: 0 };
  }
}

/** What is known from its words needs no stack. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof EndlessLoopError ? error.message : error.stack ?? error.message;
}

/** The names of the invariants that do not hold, each once, in text order. */
export function brokenIn({ breaches }: Pick<Trial, "breaches">): string[] {
  return [...new Set(breaches.map(({ invariant }) => invariant))].sort();
}
