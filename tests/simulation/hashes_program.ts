/**
 * Prints the hashes of the histories of three plans, for a test that compares them over processes.
 *
 * @module
 */

import { planOf } from "../../src/testing/plan_of.ts";
import { simulatePlan } from "../../src/testing/simulation.ts";

const hashes: string[] = [];
for (const seed of [1, 2, 3]) hashes.push((await simulatePlan(planOf(seed))).traceHash);
console.log(JSON.stringify(hashes));
