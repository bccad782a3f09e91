/** The pool beside a naive recount, over random admissions, results, verdicts, losses and workers that break. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { backoffMs } from "../../src/domain/backoff.ts";
import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import type { Verdict } from "../../src/domain/settlement.ts";
import type { Slot } from "../../src/workers/lane.ts";
import { type Ending, PoolModel } from "../support/pool_model.ts";
import { delivery, PoolRig } from "../support/pool_rig.ts";

/** A step of a random story; `pick` chooses among what is there. */
type Step =
  | { readonly kind: "admit"; readonly numbers: readonly number[] }
  | { readonly kind: "end"; readonly pick: number; readonly how: Ending }
  | { readonly kind: "take"; readonly countMax: number }
  | { readonly kind: "answer"; readonly verdicts: readonly Verdict[] }
  | { readonly kind: "lose"; readonly pick: number }
  | { readonly kind: "handBack" }
  | { readonly kind: "abandon" }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "rest" }
  | { readonly kind: "slow"; readonly areUp: boolean }
  | { readonly kind: "break"; readonly pick: number }
  | { readonly kind: "repair"; readonly pick: number };

/** Small bounds, so that all of them are met. */
const BOUNDS = { windowMax: 10, heldMax: 16, attemptsMax: 3 };
const BACKOFF = { initialMs: 100, maxMs: 1_000, multiplier: 2 };
const RANDOM = 0.5;
const COMMIT_MAX = 8;
const DEFER_MS = 150;

const verdict = fc.constantFrom<Verdict>(
  ...["committed", "committed", "committed", "done", "fenced", "failed", "held"] as const,
);
const ending = fc.constantFrom<Ending>("finish", "finish", "finish", "fail", "defer", "deadLetter");
const steps: readonly (readonly [weight: number, step: fc.Arbitrary<Step>])[] = [
  [
    6,
    fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })
      .map((numbers) => ({ kind: "admit", numbers })),
  ],
  [10, fc.tuple(fc.nat(20), ending).map(([pick, how]) => ({ kind: "end", pick, how }))],
  [3, fc.integer({ min: 1, max: COMMIT_MAX }).map((countMax) => ({ kind: "take", countMax }))],
  [
    3,
    fc.array(verdict, { minLength: COMMIT_MAX, maxLength: COMMIT_MAX })
      .map((verdicts) => ({ kind: "answer", verdicts })),
  ],
  [1, fc.nat(20).map((pick) => ({ kind: "lose", pick }))],
  [1, fc.constant({ kind: "handBack" })],
  [1, fc.constant({ kind: "abandon" })],
  [4, fc.integer({ min: 1, max: 300 }).map((ms) => ({ kind: "wait", ms }))],
];
const breakingSteps: typeof steps = [
  ...steps,
  [2, fc.constant({ kind: "rest" })],
  [1, fc.boolean().map((areUp) => ({ kind: "slow", areUp }))],
  [2, fc.nat(20).map((pick) => ({ kind: "break", pick }))],
  [3, fc.nat(20).map((pick) => ({ kind: "repair", pick }))],
];
const storyOf = (which: typeof steps) =>
  fc.array(
    fc.oneof(...which.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
    { minLength: 10, maxLength: 80 },
  );

/** A third of all entries has no key. */
function keyOf(id: EntryId): string | null {
  return ["a", "b", null][Number(id.slice(0, -2)) % 3] ?? null;
}

/** What differs between the crews: how many, and of what kind. */
interface CrewUnderTest {
  readonly workersMin: number;
  readonly workersMax: number;
  readonly canBreak: boolean;
}

/** Longer than a crew keeps a worker that it has no use for, in ms. */
const REST_MS = 10_000;

/** A pool and its model, which go the same steps. */
class Pair {
  readonly #rig: PoolRig;
  readonly #model: PoolModel;
  readonly #crew: CrewUnderTest;
  #committing: readonly Slot[] = [];

  constructor(crew: CrewUnderTest) {
    const { workersMax } = crew;
    this.#crew = crew;
    this.#rig = new PoolRig({
      ...BOUNDS,
      ...crew,
      backoff: BACKOFF,
      random: { next: () => RANDOM, uniqueText: () => "chance" },
      onFailure: () => {},
    });
    this.#model = new PoolModel({
      ...BOUNDS,
      workersMax,
      retryMs: (failures) => backoffMs(failures, { ...BACKOFF, random: RANDOM }),
      heldMs: BACKOFF.initialMs,
    });
    this.#model.nowMs = this.#rig.clock.nowMs();
  }

  /** One step, and everything that must hold after it. */
  async go(step: Step): Promise<void> {
    await this.#apply(step);
    this.#model.brokenCount = this.#rig.workers.living.filter(({ isBroken }) => isBroken).length;
    this.#check();
  }

  /** Ends everything well: nothing is stuck, nothing is left. */
  async goToTheEnd(): Promise<void> {
    await this.go({ kind: "slow", areUp: true });
    for (const _ of this.#rig.workers.living) await this.go({ kind: "repair", pick: 0 });
    const verdicts = Array.from({ length: COMMIT_MAX }, (): Verdict => "committed");
    for (let turn = 0; turn < 500 && this.#model.ids().length > 0; turn++) {
      await this.go({ kind: "answer", verdicts });
      await this.go({ kind: "end", pick: 0, how: "finish" });
      await this.go({ kind: "take", countMax: COMMIT_MAX });
      await this.go({ kind: "wait", ms: 50 });
    }
    await this.go({ kind: "answer", verdicts });
    const { clock, host, pool, workers } = this.#rig;
    if (this.#crew.workersMin < this.#crew.workersMax) await clock.advance(REST_MS);
    assertEquals([this.#model.ids(), clock.timerCount], [[], 0]);
    assertEquals(host.ids.length, this.#crew.workersMin);
    await pool[Symbol.asyncDispose]();
    assertEquals([host.ids, workers.living, clock.timerCount], [[], [], 0]);
  }

  async #apply(step: Step): Promise<void> {
    const { pool, runs, clock, workers } = this.#rig;
    const model = this.#model;
    switch (step.kind) {
      case "admit": {
        const ids = step.numbers.slice(0, pool.load.demand).map((n): EntryId => `${BigInt(n)}-0`);
        for (const id of ids) model.admit(id, keyOf(id));
        await this.#rig.admit(...ids.map((id) => {
          const key = keyOf(id);
          return delivery(id, key === null ? {} : { key });
        }));
        return this.#begin();
      }
      case "end": {
        const run = [...runs.values()][step.pick % Math.max(1, runs.size)];
        if (run === undefined) return;
        if (step.how === "defer") run.context.defer(DEFER_MS);
        if (step.how === "deadLetter") run.context.deadLetter("unwanted");
        model.end(run.event.id, step.how, DEFER_MS);
        await (step.how === "fail" ? run.fail() : run.finish());
        return this.#begin();
      }
      case "take": {
        if (this.#committing.length > 0) return;
        const expected = model.idsIn("settled").slice(0, step.countMax);
        this.#committing = pool.takeSettled({ countMax: step.countMax, bytesMax: 1e9 });
        assertEquals(this.#committing.map(({ delivery }) => delivery.id), expected);
        return model.take(expected);
      }
      case "answer": {
        const slots = this.#committing;
        this.#committing = [];
        model.answer(step.verdicts);
        await this.#rig.answer(slots, step.verdicts);
        return this.#begin();
      }
      case "lose": {
        const ids = model.ids();
        const lost = ids.slice(step.pick % Math.max(1, ids.length)).slice(0, 1);
        model.letGo(lost);
        for (const id of lost) runs.delete(id);
        pool.fence(lost);
        await clock.advance(0);
        return this.#begin();
      }
      case "handBack": {
        const expected = model.unbegun();
        assertEquals(pool.handBack().sort(compareEntryIds), expected);
        return model.letGo(expected);
      }
      case "abandon":
        model.abandon();
        runs.clear();
        this.#committing = [];
        pool.abandon("fenced");
        return await clock.advance(0);
      case "rest":
        // Without an entry that falls due, only the crew changes: a broken worker makes room for a new one.
        if (model.restingCount > 0) return;
        model.nowMs += REST_MS;
        await clock.advance(REST_MS);
        return this.#begin();
      case "slow":
        workers.areUp = step.areUp;
        return;
      case "break": {
        const whole = workers.living.filter(({ isUp }) => isUp);
        const worker = whole[step.pick % Math.max(1, whole.length)];
        if (worker === undefined) return;
        const { entryId } = worker;
        if (entryId !== null) {
          model.end(entryId, "fail", 0);
          runs.delete(entryId);
        }
        worker.break();
        await clock.advance(0);
        return this.#begin();
      }
      case "repair": {
        const down = workers.living.filter(({ isUp }) => !isUp);
        down[step.pick % Math.max(1, down.length)]?.repair();
        await clock.advance(0);
        return this.#begin();
      }
      case "wait":
        // One by one, so that an entry that falls due first begins first.
        for (let ms = 0; ms < step.ms; ms++) {
          model.nowMs++;
          await clock.advance(1);
          this.#begin();
        }
    }
  }

  /** Every run that began since the last look may have begun. */
  #begin(): void {
    for (const line of this.#rig.look()) {
      const id = /^begin (.*)$/.exec(line)?.[1];
      if (id !== undefined) assertEquals(this.#model.begin(id as EntryId), null);
    }
  }

  #check(): void {
    const { pool, runs } = this.#rig;
    assertEquals(pool.load, this.#model.load());
    assertEquals(pool.ids().sort(compareEntryIds), this.#model.ids());
    assertEquals([...runs.keys()].sort(compareEntryIds), this.#model.idsIn("running"));
    this.#checkCrew();
  }

  /** It is within its bounds, the actors are those of the workers, and nothing waits that a worker could do. */
  #checkCrew(): void {
    const { pool, runs, host, workers: { living } } = this.#rig;
    const { workersMin, workersMax, canBreak } = this.#crew;
    const { running, workers: count } = pool.view();
    const broken = living.filter(({ isBroken }) => isBroken).length;
    const isOneStarting = living.some(({ isUp, isBroken }) => !isUp && !isBroken);
    assert(count.total >= workersMin && count.total <= workersMax);
    assertEquals(host.ids.length, count.total);
    if (canBreak) {
      const free = living.filter(({ isFree }) => isFree).length;
      assertEquals(count, { total: living.length, free, broken });
    }
    const ids = running.map(({ id }) => id).sort(compareEntryIds);
    assertEquals(ids, this.#model.idsIn("running"));
    assert(runs.size <= workersMax);
    const couldRunMore = runs.size < workersMax - broken && !isOneStarting;
    if (couldRunMore) assertEquals(this.#model.runnable(), []);
  }
}

const crews: CrewUnderTest[] = [
  { workersMin: 1, workersMax: 1, canBreak: false },
  { workersMin: 2, workersMax: 2, canBreak: false },
  { workersMin: 5, workersMax: 5, canBreak: false },
  { workersMin: 1, workersMax: 5, canBreak: false },
  { workersMin: 1, workersMax: 1, canBreak: true },
  { workersMin: 2, workersMax: 4, canBreak: true },
];
for (const crew of crews) {
  const { workersMin, workersMax, canBreak } = crew;
  const kind = canBreak ? "workers that break" : "workers";
  const name = `Pool of ${workersMin} to ${workersMax} ${kind}`;
  Deno.test(`${name} holds and runs what a naive recount says, whatever happens`, async () => {
    await fc.assert(
      fc.asyncProperty(storyOf(canBreak ? breakingSteps : steps), async (steps) => {
        const pair = new Pair(crew);
        for (const step of steps) await pair.go(step);
        await pair.goToTheEnd();
      }),
      { numRuns: 500 },
    );
  });
}
