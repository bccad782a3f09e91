/**
 * What an invariant is: a sentence that must hold in every simulation, and how to find where it does not.
 *
 * @module
 */

import type { Evidence } from "../evidence.ts";

/** A sentence that must hold. */
export interface Invariant {
  /** What it is called: `I1` to `I12`, `H1`, `H2`, `L1` to `L6`. */
  readonly name: string;
  /** What must hold, in plain words. */
  readonly wording: string;
  /** Every case in which it does not, a sentence each; empty when it holds. */
  readonly breaches: (evidence: Evidence) => string[];
}
