/**
 * Thousands of seeds on the virtual clock, as part of every test run; `deno task simulate` is the long one. And the plans
 * that are kept, and that a plan always leads to the same history.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { planOf } from "../../src/testing/plan_of.ts";
import { simulatePlan } from "../../src/testing/simulation.ts";
import { COVERED } from "./coverage.ts";
import { DEFECTS } from "./defects.ts";
import { keptPlans } from "./kept.ts";
import { trySeeds } from "./seeds.ts";
import { brokenIn, tryPlan } from "./trial.ts";

const SEEDS = 2_000;

/** Always the same, so that a change and not chance turns it red; `deno task simulate` tries others. */
const FROM = 20_000;

/** So many breaches are shown. */
const SHOWN_MAX = 10;

Deno.test(`every invariant holds in ${SEEDS} simulations`, async () => {
  const { failed, tried, coverage } = await trySeeds({
    from: FROM,
    count: SEEDS,
    threads: 2,
    transitionsEvery: FROM + 2 * SEEDS, // never
    onProgress() {},
    signal: new AbortController().signal,
  });
  const told = failed.flatMap(({ seed, breaches }) =>
    breaches.map(({ invariant, text }) => `deno task simulate --seed ${seed}: ${invariant} ${text}`)
  );
  assertEquals(told.slice(0, SHOWN_MAX), [], `seeds from ${FROM}`);
  assertEquals(tried, SEEDS);
  const { counts } = coverage;
  assertEquals(COVERED.filter((name) => (counts[name] ?? 0) === 0), [], "all of it happened");
});

Deno.test("a plan leads to the same history again, also in another process", async () => {
  const plans = [1, 2, 3].map((seed) => planOf(seed));
  const hashes = [];
  for (const plan of plans) hashes.push((await simulatePlan(plan)).traceHash);
  const again = [];
  for (const plan of plans) again.push((await simulatePlan(plan)).traceHash);
  assertEquals(again, hashes);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-env", "--allow-read", "--allow-sys=hostname", PROGRAM],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), hashes);
});

/** Prints the hashes of the same plans. */
const PROGRAM = new URL("./hashes_program.ts", import.meta.url).pathname;

Deno.test("an observer of the broker's moments changes nothing", async () => {
  const plan = planOf(4);
  assertEquals((await tryPlan(plan)).traceHash, (await simulatePlan(plan)).traceHash);
});

for (const [name, { why, defect, plan }] of await keptPlans()) {
  Deno.test(`kept plan ${name}: ${why}`, async () => {
    assertEquals((await tryPlan(plan)).breaches, []);
    const planted = DEFECTS[defect ?? ""];
    if (planted === undefined) return;
    const broken = brokenIn(await tryPlan(plan, planted));
    assertEquals(broken.some((each) => planted.breaks.includes(each)), true, broken.join(", "));
  });
}
