/**
 * Shrinking: what it finds, and that the smaller forms of a plan are plans.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { planOf } from "../../src/testing/plan_of.ts";
import { shrink, withoutPart } from "../../src/testing/shrinking.ts";
import { smallerPlans } from "./smaller_plans.ts";
import { PLAN } from "./tale.ts";

Deno.test("withoutPart leaves out halves, then quarters, then single items", () => {
  assertEquals([...withoutPart([1, 2, 3, 4])], [
    ...[[3, 4], [1, 2]],
    ...[[2, 3, 4], [1, 3, 4], [1, 2, 4], [1, 2, 3]],
  ]);
  assertEquals([...withoutPart([1])], [[]]);
  assertEquals([...withoutPart([1], { lengthMin: 1 })], []);
  assertEquals([...withoutPart([])], []);
});

Deno.test("shrink finds the parts that a failure needs, and no other", async () => {
  const whole = Array.from({ length: 40 }, (_, at) => at);
  const found = await shrink(whole, {
    smaller: withoutPart,
    fails: (part) => Promise.resolve(part.includes(7) && part.includes(31)),
    triesMax: 1_000,
  });
  assertEquals([found.smallest, found.isSmallest], [[7, 31], true]);
});

Deno.test("shrink ends when its tries are used up", async () => {
  const found = await shrink([1, 2, 3, 4], {
    smaller: withoutPart,
    fails: () => Promise.resolve(false),
    triesMax: 3,
  });
  assertEquals(found, { smallest: [1, 2, 3, 4], tries: 3, isSmallest: false });
});

Deno.test("smallerPlans leaves out with a process the faults that speak of it", () => {
  const faults = [
    { kind: "freeze", process: "q", at: { atMs: 1 }, forMs: 8 },
    { kind: "replyLost", call: { process: "p", method: "commit", nth: 1 } },
    { kind: "outage", at: { process: "q", method: "join", nth: 1 }, forMs: 8 },
  ] as const;
  const withoutQ = [...smallerPlans({ ...PLAN, faults })]
    .find(({ processes }) => processes.length === 1 && processes[0]?.process === "p");
  assertEquals(withoutQ?.faults, [faults[1]]);
});

Deno.test("smallerPlans gives smaller plans only, each of which has what it speaks of", () => {
  for (const seed of [1, 2, 3]) {
    const plan = planOf(seed);
    let count = 0;
    for (const smaller of smallerPlans(plan)) {
      count++;
      const { entries, processes, groups } = smaller;
      const known = new Set(groups.map(({ stream, group }) => `${stream}/${group}`));
      const members = processes.flatMap((process) => process.members);
      assertEquals(entries.length > 0 && processes.length > 0 && groups.length > 0, true);
      assertEquals(members.every(({ stream, group }) => known.has(`${stream}/${group}`)), true);
      assertEquals(
        JSON.stringify(smaller).length < JSON.stringify(plan).length ||
          weightOf(smaller) < weightOf(plan),
        true,
      );
    }
    assertEquals(count > 100, true);
  }
});

/** What grows with the times of a plan, with what its handlers do and with how late its faults strike. */
function weightOf({ entries, faults }: typeof PLAN): number {
  const times = faults.map((fault) => {
    const lastsMs = "forMs" in fault ? fault.forMs : "byMs" in fault ? Math.abs(fault.byMs) : 0;
    const moment = "call" in fault ? fault.call : fault.at;
    return lastsMs + ("nth" in moment ? moment.nth : 0);
  });
  const waits = entries.map(({ atMs, behaviour }) =>
    atMs + (JSON.stringify(behaviour) === '{"kind":"handled","outputs":1}' ? 0 : 1)
  );
  return [...times, ...waits].reduce((sum, each) => sum + each, 0);
}
