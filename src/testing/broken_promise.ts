/**
 * What a handler did that breaks the promise of exactly once, in plain words, with the smallest plan that shows it.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";
import type { Plan } from "./plan.ts";

/**
 * What a handler did wrong:
 * `notRepeatable`: two attempts on one event, or two undisturbed runs, gave different results;
 * `resultsDiffer`: what was committed differs from what a run without any fault commits;
 * `effectsDiffer`: the outside world, as `world.observe` tells it, differs from that of a run without any fault;
 * `neverSettles`: it did not return within its time;
 * `ignoresAbort`: it did not end when its signal was aborted;
 * `usesContextLate`: it used its context after it had returned, so that nothing came of it;
 * `neverFinishes`: its events are put off again and again, or go round while no time passes.
 */
export type BreakKind =
  | "notRepeatable"
  | "resultsDiffer"
  | "effectsDiffer"
  | "neverSettles"
  | "ignoresAbort"
  | "usesContextLate"
  | "neverFinishes";

/** What was found about a handler. */
export interface Break {
  /** What it did. */
  readonly kind: BreakKind;
  /** The event in question, by its place in the list of events; `null` where there is none in particular. */
  readonly event: number | null;
  /** What was seen, in one or two sentences without a period at the end. */
  readonly text: string;
}

/** What to do about each. */
const ADVICE: Readonly<Record<BreakKind, string>> = {
  notRepeatable:
    "let its outputs depend on the event alone, not on time, chance, the attempt or what it remembers",
  resultsDiffer:
    "keep no state in memory: a crash loses it, and an event that is handled again doubles it",
  effectsDiffer:
    "give effects outside of the broker context.idempotencyKey, so that they happen once",
  neverSettles: "await only what ends, and end when context.signal is aborted",
  ignoresAbort: "pass context.signal on to what it waits for",
  usesContextLate: "await everything that publishes before returning",
  neverFinishes: "let it give an event up when it has been put off for too long",
};

/** A handler breaks a promise. */
export class BrokenPromiseError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "BROKEN_PROMISE";
  /** Trying again cannot help. */
  readonly recovery = "fatal";
  /** What it did. */
  readonly kind: BreakKind;
  /** The event in question, by its place in the list of events; `null` where there is none in particular. */
  readonly event: number | null;
  /** The seed of the run that showed it. */
  readonly seed: number;
  /** The smallest plan that shows it: give it to `simulate` as `plan`. `null` where it shows without any fault. */
  readonly plan: Plan | null;

  /**
   * Says what was seen, what to do about it, and how to see it again.
   *
   * @param found What was found.
   * @param shown Where: `seed` and `plan`.
   */
  constructor(found: Break, shown: { readonly seed: number; readonly plan: Plan | null }) {
    const { kind, event, text } = found;
    const again = shown.plan === null
      ? "it shows without any fault"
      : `run it again with { seed: ${shown.seed}, runs: 1 }, or with the plan of this error: ` +
        toldPlan(shown.plan);
    super(`Cannot rely on the handler: ${text}; ${ADVICE[kind]} (${again})`);
    this.kind = kind;
    this.event = event;
    this.seed = shown.seed;
    this.plan = shown.plan;
  }
}

/** A plan in a few words. */
function toldPlan({ processes, entries, faults }: Plan): string {
  const counts = [
    counted(processes.length, "process", "processes"),
    counted(entries.length, "event", "events"),
  ].join(", ");
  const named = faults.map(({ kind }) => kind).join(", ");
  return faults.length === 0 ? `${counts} and no fault` : `${counts}, faults: ${named}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
