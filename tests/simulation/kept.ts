/**
 * Plans that are kept: each once broke an invariant, of the product or of a deliberate defect, and is run again with all
 * tests.
 *
 * @module
 */

import type { Plan } from "../../src/testing/plan.ts";

/** A plan that is kept. */
export interface KeptPlan {
  /** What it shows. */
  readonly why: string;
  /** The deliberate defect that it finds out; without one it once broke the product itself. */
  readonly defect?: string;
  /** The plan. */
  readonly plan: Plan;
}

const FOLDER = new URL("./kept/", import.meta.url);

/** The text of a file with a plan. */
export function planFile(kept: KeptPlan): string {
  return `${JSON.stringify(kept, null, 2)}\n`;
}

/** All plans that are kept, by the names of their files. */
export async function keptPlans(): Promise<ReadonlyMap<string, KeptPlan>> {
  const kept = new Map<string, KeptPlan>();
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name).sort();
  for (const name of names) {
    kept.set(name, JSON.parse(await Deno.readTextFile(new URL(name, FOLDER))));
  }
  return kept;
}
