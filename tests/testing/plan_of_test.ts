/**
 * The plans that are drawn from seeds.
 *
 * @module
 */

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { checkPlan } from "../../src/testing/check_plan.ts";
import { planOf } from "../../src/testing/plan_of.ts";
import { momentOf } from "../../src/testing/strikes.ts";

const PLANS = Array.from({ length: 300 }, (_, seed) => planOf(seed));

Deno.test("planOf draws the same for the same seed, as plain JSON", () => {
  assertEquals(planOf(5), planOf(5));
  assertEquals(JSON.parse(JSON.stringify(planOf(5))), planOf(5));
  assertNotEquals(planOf(5), planOf(6));
});

Deno.test("planOf draws plans that can be run", () => {
  for (const plan of PLANS) checkPlan(plan);
});

Deno.test("planOf draws everything that can go wrong, at every kind of moment", () => {
  const faults = PLANS.flatMap((plan) => plan.faults);
  assertEquals([...new Set(faults.map(({ kind }) => kind))].sort(), [
    "clockJump",
    "crash",
    "denied",
    "freeze",
    "groupDestroyed",
    "late",
    "operatorPause",
    "outage",
    "repeated",
    "replyLost",
    "requestLost",
    "silent",
    "slowReply",
    "slowRequest",
    "stop",
    "streamReplaced",
    "streamTrimmed",
    "unapplied",
  ]);
  const moments = faults.map((fault) => Object.keys(momentOf(fault)).sort().join(" "));
  assertEquals([...new Set(moments)].sort(), ["atMs", "attempt process", "method nth process"]);
});

Deno.test("planOf draws processes that share a name, and both orders", () => {
  const shares = PLANS.filter(({ processes }) =>
    processes.filter(({ members }) => members.some(({ consumer }) => consumer === "main")).length >
      1
  );
  const orders = new Set(PLANS.flatMap(({ groups }) => groups.map(({ order }) => order)));
  assertEquals([shares.length > 10, [...orders].sort()], [true, ["key", "none"]]);
});

Deno.test("planOf keeps to its bounds", () => {
  const options = { entries: [7, 7], processes: [1, 1], faults: [3, 3], kinds: ["crash"] } as const;
  const plan = planOf(1, options);
  assertEquals([plan.entries.length, plan.processes.length], [7, 1]);
  assertEquals(plan.faults.map(({ kind }) => kind), ["crash", "crash", "crash"]);
  assertEquals(planOf(1, { ...options, kinds: [] }).faults, []);
});

Deno.test("planOf refuses a seed that is no whole number", () => {
  for (const seed of [0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => planOf(seed), InvalidOptionError, "a whole number");
  }
});

Deno.test("planOf draws situations that chance hardly ever brings about", () => {
  const faults = PLANS.flatMap((plan) => plan.faults);
  const starts = PLANS.flatMap(({ groups }) => groups.map(({ start }) => start ?? "beginning"));
  const kinds = new Set(starts.map((start) => typeof start === "string" ? start : "time"));
  assertEquals([...kinds].sort(), ["beginning", "end", "time"]);
  const isLong = faults.some((each) => each.kind === "operatorPause" && each.forMs >= 20_000);
  const isFar = [-1, 1].map((sign) =>
    faults.some((each) => each.kind === "clockJump" && sign * each.byMs >= 600_000)
  );
  const drains = PLANS.filter(({ processes }) =>
    processes.every(({ members }) => members.every(({ graceMs }) => graceMs >= 30_000))
  );
  assertEquals([isLong, ...isFar, drains.length > 0], [true, true, true, true]);
});
