/**
 * The thread of {@linkcode trySeeds}: tries the seeds that it is told, and answers with what came of them.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import "../support/quiet_xstate.ts";
import { planOf } from "../../src/testing/plan_of.ts";
import { Coverage } from "./coverage.ts";
import type { FailedSeed, SeedsAnswer, SeedsOrder } from "./seeds.ts";
import { tryPlan } from "./trial.ts";

parentPort?.on("message", async (order: SeedsOrder) => {
  parentPort?.postMessage(await tryAll(order));
});

async function tryAll({ from, count, transitionsEvery }: SeedsOrder): Promise<SeedsAnswer> {
  const coverage = new Coverage();
  const failed: FailedSeed[] = [];
  let happenings = 0;
  for (let seed = from; seed < from + count; seed++) {
    const countTransitions = seed % transitionsEvery === 0;
    const trial = await tryPlan(planOf(seed), { coverage, countTransitions });
    happenings += trial.happenings;
    if (trial.breaches.length > 0) failed.push({ seed, breaches: trial.breaches });
  }
  const { counts, struck, transitions } = coverage;
  return { failed, happenings, coverage: { counts, struck, transitions } };
}
