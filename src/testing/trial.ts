/**
 * The trial of a handler: what it does when nothing goes wrong is what it must do whatever goes wrong.
 *
 * @module
 */

import { type Break, BrokenPromiseError } from "./broken_promise.ts";
import { differenceOf } from "./comparison.ts";
import { type HandlerRunResult, type HandlerRunSetting, runHandler } from "./handler_run.ts";
import type { Plan } from "./plan.ts";

/** What came of one run. */
export interface TrialRun {
  /** What was found, `null` for nothing. */
  readonly found: Break | null;
  /** The run. */
  readonly run: HandlerRunResult;
}

/** Runs a handler again and again. */
export class Trial {
  readonly #setting: HandlerRunSetting;
  readonly #calmPlan: Plan;
  /** What came of the last calm run, and which events there were in it. */
  #calm: { readonly events: string; readonly run: HandlerRunResult } | null = null;

  /**
   * @param setting The handler, and what counts.
   * @param calmPlan All events, and nothing goes wrong.
   */
  constructor(setting: HandlerRunSetting, calmPlan: Plan) {
    this.#setting = setting;
    this.#calmPlan = calmPlan;
  }

  /**
   * Runs the handler without any fault, twice: the second time must be as the first.
   *
   * @param seed Told with what is found.
   * @throws {BrokenPromiseError} When something is found already.
   */
  async begin(seed: number): Promise<void> {
    const first = await this.#calmRun(this.#calmPlan);
    const second = await runHandler(this.#calmPlan, this.#setting);
    const reference = { run: first, name: "in the first one" };
    const found = first.broken ?? second.broken ?? differenceOf(reference, second);
    if (found === null) return;
    if (found.kind !== "resultsDiffer" && found.kind !== "effectsDiffer") {
      throw new BrokenPromiseError(found, { seed, plan: null });
    }
    const text = `of two runs, both without any fault, in the second one ${found.text}`;
    throw new BrokenPromiseError({ ...found, kind: "notRepeatable", text }, { seed, plan: null });
  }

  /** Runs a plan, and compares what comes of it with what comes of the same events when nothing goes wrong. */
  async run(plan: Plan): Promise<TrialRun> {
    const calm = await this.#calmRun(plan);
    const run = await runHandler(plan, this.#setting);
    const reference = { run: calm, name: "without any fault" };
    return { found: run.broken ?? calm.broken ?? differenceOf(reference, run), run };
  }

  /** What comes of the events of a plan when nothing goes wrong. */
  async #calmRun({ entries }: Plan): Promise<HandlerRunResult> {
    const numbers = new Set(entries.map(({ number }) => number));
    const events = [...numbers].join();
    if (this.#calm?.events === events) return this.#calm.run;
    const kept = this.#calmPlan.entries.filter(({ number }) => numbers.has(number));
    const run = await runHandler({ ...this.#calmPlan, entries: kept }, this.#setting);
    this.#calm = { events, run };
    return run;
  }
}
