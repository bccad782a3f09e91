/**
 * The simulator finds out every deliberate defect, and above all the two protocols that most programs have, within a few
 * hundred seeds. Otherwise its silence about ours would say nothing.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { planOf } from "../../src/testing/plan_of.ts";
import { smallPlan } from "../testing/small_plan.ts";
import { altered } from "./defect.ts";
import { DEFECTS } from "./defects.ts";
import { smallestPlan } from "./smallest.ts";
import { brokenIn, NO_END, tryPlan } from "./trial.ts";

/** Nearly all are found by one of the first ten. */
const SEEDS_MAX = 300;

/** The first seed whose plan finds a defect out, `null` for none. */
async function firstFinding(name: string): Promise<number | null> {
  const defect = DEFECTS[name];
  const { from = 1 } = defect ?? {};
  for (let seed = from; seed < from + SEEDS_MAX; seed++) {
    const trial = await tryPlan(planOf(seed), defect);
    if (brokenIn(trial).some((each) => defect?.breaks.includes(each))) return seed;
  }
  return null;
}

for (const [name, { wording, breaks }] of Object.entries(DEFECTS)) {
  Deno.test(`simulation finds out by ${breaks.join(" or ")}: ${wording}`, async () => {
    assertEquals(await firstFinding(name) !== null, true);
  });
}

Deno.test("smallestPlan makes the plan that finds a defect out small", async () => {
  const defect = DEFECTS.acknowledgeFirst;
  const seed = await firstFinding("acknowledgeFirst");
  const found = await smallestPlan(planOf(seed ?? 0), {
    ...defect,
    triesMax: 300,
  });
  const { entries, faults } = found.smallest;
  assertEquals(found.broken.some((each) => defect?.breaks.includes(each)), true);
  assertEquals(
    [entries.length <= 10, faults.length <= 5],
    [true, true],
    `${entries.length} entries, ${faults.length} faults`,
  );
});

Deno.test("tryPlan tells what goes round while no time passes as a breach, in one line", async () => {
  const { breaches } = await tryPlan(smallPlan(), {
    wrapBroker: (broker) => altered(broker, { readNew: () => Promise.resolve([]) }),
  });
  assertEquals(breaches.map(({ invariant }) => invariant), [NO_END]);
  assertMatch(breaches[0]?.text ?? "", /^Cannot go on: process "p1" goes round without end: .+$/);
});
