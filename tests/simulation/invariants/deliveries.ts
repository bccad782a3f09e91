/**
 * How entries are handed out and tried: never after they are finished (I3), at least once, and more than once only for
 * a reason (H1), with attempts that never count backwards (H2).
 *
 * @module
 */

import type { Fault } from "../../../src/testing/fault.ts";
import type { Plan } from "../../../src/testing/plan.ts";
import { type Evidence, groupNamed, named, seen } from "../evidence.ts";
import type { EntryHistory, GroupHistory, HandOut, Step } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I3 */
export const nothingAfterDone: Invariant = {
  name: "I3",
  wording:
    "No delivery after done: an entry that is finished is not handed out again, unless its " +
    "group was destroyed since, and no handler begins on it but with what was handed out before.",
  breaches: ({ groups }) =>
    groups.flatMap((group) => group.entries.flatMap((entry) => afterDone(entry, group))),
};

/**
 * So often an attempt may be in vain because its commit was held by an earlier entry of its key that the consumer has not
 * got yet: it looks for it at once, and waits twice as long each time.
 */
const HELD_MAX = 6;

/** H1 */
export const calledForAReason: Invariant = {
  name: "H1",
  wording: "A handler is called at least once for each entry that ends as handled; once for each " +
    "hand-out, and again only when an attempt failed; and an entry is handed out again only " +
    "after something went wrong, or a consumer stopped or joined.",
  breaches: (evidence) =>
    evidence.groups.flatMap((group) => {
      const setbacks = setbacksOf(evidence, group);
      const lives = Map.groupBy(group.entries, ({ id }) => id);
      // Of an id that two lives of a stream have, nobody can tell which one was meant.
      return group.entries.filter(({ id }) => lives.get(id)?.length === 1).flatMap((entry) => [
        ...uncalled(entry, group),
        ...calledTooOften(entry, group),
        ...handedOutForNothing(entry, { group, setbacks }),
      ]);
    }),
};

/** H2 */
export const attemptsRise: Invariant = {
  name: "H2",
  wording:
    "The number of the attempt that a handler is told never falls for a hand-out, and is above the failures that the broker knew when it handed the entry out; and the broker forgets no failure that it was told.",
  breaches: ({ groups }) =>
    groups.flatMap((group) =>
      group.entries.flatMap((entry) => [...attemptsOf(entry, group), ...forgotten(entry, group)])
    ),
};

function afterDone(entry: EntryHistory, { plan, destroyedSteps }: GroupHistory): string[] {
  const done = entry.fates[0];
  if (done === undefined) return [];
  const told = `${named(entry)} in ${groupNamed(plan)} was finished at ${done.atMs}`;
  const late = entry.handOuts.filter(({ step }) =>
    step > done.step && !destroyedSteps.some((each) => each < step)
  ).map(({ consumer, atMs }) => `${told} and handed out to ${consumer} at ${atMs}`);
  const begun = entry.attempts.filter(({ step, process }) =>
    step > done.step &&
    !entry.handOuts.some((each) =>
      each.process === process && (each.step < done.step || late.length > 0 ||
        destroyedSteps.length > 0)
    )
  ).map(({ process, atMs }) => `${told} and begun by ${process} at ${atMs}`);
  return [...late, ...begun];
}

function uncalled(entry: EntryHistory, { plan }: GroupHistory): string[] {
  return entry.fates[0]?.kind === "handled" && entry.attempts.length === 0
    ? [`${named(entry)} in ${groupNamed(plan)} is finished, and no handler was called`]
    : [];
}

/**
 * Of one hand-out comes one attempt of each number: a second one follows only on a failure, which raises the number, or
 * when an earlier entry of the key came late, for which what was done after it is undone.
 */
function calledTooOften(entry: EntryHistory, group: GroupHistory): string[] {
  return entry.attempts.flatMap((attempt): string[] => {
    const isBefore = ({ step, process }: { step: Step; process: string }) =>
      step < attempt.step && process === attempt.process;
    const before = entry.attempts.filter((each) =>
      isBefore(each) && each.attempt === attempt.attempt && each.end !== "deferred"
    );
    const first = before[0];
    const handOuts = entry.handOuts.filter(isBefore);
    if (before.length < handOuts.length) return [];
    if (group.destroyedSteps.some((each) => each < attempt.step)) return []; // nobody knows what it holds
    const isLate = (each: { step: Step; process: string }) =>
      isBefore(each) && first !== undefined && each.step > first.step;
    if (cameLate(entry, group).some(isLate)) return [];
    if (before.length < handOuts.length + Math.min(entry.heldSteps.length, HELD_MAX)) return [];
    return [
      `${named(entry)} in ${groupNamed(group.plan)} was begun ${before.length + 1} times as ` +
      `attempt ${attempt.attempt} by ${attempt.process}, after ${handOuts.length} hand-outs`,
    ];
  });
}

/** When earlier entries of the same key came to a process and were begun. */
function cameLate(
  entry: EntryHistory,
  { entries, plan }: GroupHistory,
): { readonly step: Step; readonly process: string }[] {
  if (plan.order !== "key") return [];
  const { incarnation, publishedStep } = entry;
  return entries.filter((each) =>
    each.incarnation === incarnation && each.publishedStep < publishedStep &&
    each.plan.key === entry.plan.key
  ).flatMap(({ handOuts, attempts }) => [
    ...handOuts.flatMap(({ cameStep, process }) =>
      cameStep === null ? [] : { step: cameStep, process }
    ),
    ...attempts,
  ]);
}

/** An entry is handed out again only when something had gone wrong since it was handed out before. */
function handedOutForNothing(
  entry: EntryHistory,
  { group, setbacks }: { readonly group: GroupHistory; readonly setbacks: readonly Setback[] },
): string[] {
  return entry.handOuts.slice(1).flatMap((handOut, at): string[] => {
    const before: HandOut | undefined = entry.handOuts[at];
    if (before === undefined || isSecondLook(handOut, before)) return [];
    if (before.consumer === handOut.consumer && before.process !== handOut.process) return []; // two have the name
    const isExcused = setbacks.some(({ step, untilMs }) =>
      step < handOut.step && (step > before.step || (untilMs ?? -1) >= before.atMs)
    );
    const isFenced = entry.fencedSteps.some((step) => step > before.step && step < handOut.step);
    return isExcused || isFenced ? [] : [
      `${named(entry)} in ${groupNamed(group.plan)} was handed out to ${before.consumer} at ` +
      `${before.atMs} and again to ${handOut.consumer} at ${handOut.atMs}, and nothing was wrong`,
    ];
  });
}

/** A consumer looked again at what is pending for it: what it has already it passes over, and nothing is counted. */
function isSecondLook(handOut: HandOut, before: HandOut): boolean {
  return handOut.method === "readOwnPending" && handOut.deliveries === before.deliveries &&
    handOut.consumer === before.consumer && handOut.process === before.process;
}

/** What can be a reason to hand entries out again. */
interface Setback {
  readonly step: Step;
  /** Until when it lasts; `null` for a moment. */
  readonly untilMs: number | null;
}

function setbacksOf(evidence: Evidence, group: GroupHistory): Setback[] {
  const { plan: { faults, latencyMsMax } } = evidence;
  const moment = ({ step }: { readonly step: Step }) => ({ step, untilMs: null });
  const struck = [...seen(evidence, "faultStruck")].map(({ fault, atMs, step }) => {
    const plan = faults[fault];
    const lastsMs = plan === undefined ? 0 : lastingMs(plan, evidence.plan);
    // What is under way when it ends, and what is answered to that, takes two ways more.
    return { step, untilMs: atMs + lastsMs + 2 * latencyMsMax };
  });
  return [
    ...struck,
    ...[...seen(evidence, "stopAsked")].map(moment),
    // Whoever joins is handed what is pending for its name; two processes may have one.
    ...[...seen(evidence, "callApplied")].filter(({ applied, stream, group: name }) =>
      applied.method === "join" && stream === group.plan.stream && name === group.plan.group
    ).map(moment),
    ...[...seen(evidence, "callAnswered")].filter(({ thrown }) => thrown !== null).map(moment),
  ];
}

/** How long a fault may do harm. A read that waits does so at the broker as well, whatever its caller was told. */
function lastingMs(fault: Fault, plan: Plan): number {
  if ("forMs" in fault) return fault.forMs;
  if (!("call" in fault)) return 0;
  const { call: { method, process } } = fault;
  const members = plan.processes.find((each) => each.process === process)?.members ?? [];
  const waitsMs = method === "readNew" ? Math.max(0, ...members.map(({ blockMs }) => blockMs)) : 0;
  return waitsMs + ("byMs" in fault ? fault.byMs : 0);
}

/** A hand-out knows the failures that were noted last, unless the group, which keeps them, was destroyed. */
function forgotten(entry: EntryHistory, { plan, destroyedAtMs }: GroupHistory): string[] {
  return entry.handOuts.flatMap(({ step, consumer, failures, atMs }): string[] => {
    const last = entry.notes.findLast((note) => note.step < step);
    if (last === undefined || failures >= last.failures) return [];
    if (destroyedAtMs.some((each) => each >= last.handOutAtMs && each <= atMs)) return [];
    return [
      `${named(entry)} in ${groupNamed(plan)} was handed out to ${consumer} at ${atMs} with ` +
      `${failures} failures, and ${last.failures} had been noted`,
    ];
  });
}

function attemptsOf(entry: EntryHistory, { plan }: GroupHistory): string[] {
  const told = `${named(entry)} in ${groupNamed(plan)}`;
  return entry.attempts.flatMap((attempt, at): string[] => {
    // An answer that comes late may bring what was handed out again, and finished, meanwhile.
    const isOfOne = (each: { step: Step; process: string; deliveries: number }) =>
      each.step < attempt.step && each.process === attempt.process &&
      each.deliveries === attempt.deliveries;
    const handOut = entry.handOuts.findLast(isOfOne);
    const known = handOut?.failures ?? 0;
    if (attempt.attempt <= known) {
      return [`${told}: attempt ${attempt.attempt}, and ${known} failures were known`];
    }
    // Of two answers with the same count nobody can tell which one came first.
    const isOnlyOne = entry.handOuts.filter(isOfOne).length === 1;
    const before = entry.attempts.slice(0, at).findLast((each) => isOnlyOne && isOfOne(each));
    return before !== undefined && before.attempt > attempt.attempt
      ? [`${told}: attempt ${attempt.attempt} after ${before.attempt} in ${attempt.process}`]
      : [];
  });
}
