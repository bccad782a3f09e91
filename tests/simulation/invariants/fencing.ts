/**
 * Who may commit, and what a commit is: only the owner under its newest epoch (I4), all of it or nothing (I8).
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../../src/domain/entry_id.ts";
import { type Evidence, groupNamed, type Moment, named, seen } from "../evidence.ts";
import type { EntryHistory, Fate, GroupHistory, Step } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I4 */
export const onlyTheOwnerCommits: Invariant = {
  name: "I4",
  wording: "Fencing: at the instant an output is applied, the entry is in the hands of the " +
    "consumer that commits, and it was the last one to join under its name; a rejected commit " +
    "leaves no effect.",
  breaches: (evidence) =>
    evidence.groups.flatMap((group) => {
      const epochs = epochsOf(evidence, group);
      const releases = releasesOf(evidence, group);
      return group.entries.flatMap((entry) =>
        entry.fates.flatMap((fate) => [
          ...notTheOwner(entry, { fate, group, releases }),
          ...notTheNewest(entry, { fate, group, epochs }),
        ])
      );
    }),
};

/** I8 */
export const allOrNothing: Invariant = {
  name: "I8",
  wording: "Atomicity: at every moment an entry whose commit was applied has all its outputs, is " +
    "not pending, and counts as finished by the checkpoint; and no other entry has outputs.",
  breaches: (evidence) =>
    evidence.moments.flatMap((moment) => {
      const group = evidence.groups.find(({ plan }) =>
        plan.stream === moment.stream && plan.group === moment.group
      );
      return group === undefined ? [] : halves(group, moment);
    }),
};

/** A join, or a release, with when it was. */
interface Noted {
  readonly step: Step;
  readonly process: string;
  readonly consumer: string;
  readonly epoch: number;
  /** What was released. */
  readonly ids: readonly EntryId[] | "all";
}

function epochsOf(evidence: Evidence, { plan }: GroupHistory): Noted[] {
  return [...seen(evidence, "callApplied")].flatMap((each) => {
    const { applied, step, process, stream, group, consumer } = each;
    const isOurs = stream === plan.stream && group === plan.group;
    return applied.method === "join" && "epoch" in applied && isOurs
      ? [{ step, process: process ?? "", consumer, epoch: applied.epoch, ids: [] }]
      : [];
  });
}

function releasesOf(evidence: Evidence, { plan }: GroupHistory): Noted[] {
  const asked = new Map<number, readonly EntryId[] | "all">();
  for (const { call, asked: each } of seen(evidence, "callSent")) {
    if (each.method === "release") asked.set(call, each.ids);
  }
  return [...seen(evidence, "callApplied")].flatMap((each) => {
    const { applied, step, call, process, stream, group, consumer, epoch } = each;
    const ids = asked.get(call);
    const isOurs = stream === plan.stream && group === plan.group;
    return applied.method === "release" && !("thrown" in applied) && isOurs && ids !== undefined
      ? [{ step, process: process ?? "", consumer, epoch, ids }]
      : [];
  });
}

function notTheOwner(
  entry: EntryHistory,
  { fate, group, releases }: {
    readonly fate: Fate;
    readonly group: GroupHistory;
    readonly releases: readonly Noted[];
  },
): string[] {
  if (fate.kind === "lost") return []; // it was never handed out, its place on the list was
  const told = `${named(entry)} in ${groupNamed(group.plan)} was committed by ${fate.consumer}`;
  const last = entry.handOuts.findLast(({ step }) => step < fate.step);
  if (last === undefined) return [`${told}, and was handed out to nobody`];
  if (last.consumer !== fate.consumer) return [`${told}, and was in the hands of ${last.consumer}`];
  // What has no data any more stays with its consumer: to nobody else could it be handed out.
  const isReleased = releases.some(({ step, consumer, ids }) =>
    step > last.step && step < fate.step && consumer === last.consumer &&
    (entry.goneStep === null || entry.goneStep > step) && (ids === "all" || ids.includes(entry.id))
  );
  return isReleased ? [`${told}, which had handed it back`] : [];
}

function notTheNewest(
  entry: EntryHistory,
  { fate, group, epochs }: {
    readonly fate: Fate;
    readonly group: GroupHistory;
    readonly epochs: readonly Noted[];
  },
): string[] {
  const newest = epochs.findLast(({ step, consumer }) =>
    step < fate.step && consumer === fate.consumer
  );
  const told = `${named(entry)} in ${groupNamed(group.plan)} was committed by ${fate.consumer}`;
  if (newest === undefined) return [];
  if (newest.epoch !== fate.epoch) {
    return [`${told} under epoch ${fate.epoch}, and the newest was ${newest.epoch}`];
  }
  // Epochs count anew in a new life of the stream, so the same one may be another's.
  return newest.process === fate.process
    ? []
    : [`${told} in ${fate.process}, and the last to join under this name was ${newest.process}`];
}

function halves(group: GroupHistory, moment: Moment): string[] {
  const { step, position } = moment;
  const pending = new Set(moment.pending);
  const done = new Set(moment.done);
  const outputs = new Map<EntryId, number>();
  for (const id of moment.outputs) outputs.set(id, (outputs.get(id) ?? 0) + 1);
  const present = group.entries.filter(({ publishedStep }) => publishedStep <= step);
  const newest = present.at(-1)?.incarnation;
  const where = `${groupNamed(group.plan)} after step ${step}`;
  const breaches: string[] = [];
  for (const entry of present) {
    const { id } = entry;
    const made = outputs.get(id) ?? 0;
    const fate = entry.fates.find((each) => each.step <= step);
    const owed = fate?.kind === "handled" ? fate.outputs : 0;
    if (entry.incarnation !== newest) continue;
    if (made !== owed) breaches.push(`${named(entry)} in ${where} has ${made} of ${owed} outputs`);
    if (fate === undefined) continue;
    // A group that was destroyed may hand out again what is done; its commit finds that out (V5).
    const isHandedOutAgain = group.destroyedSteps.some((each) => each < step);
    if (pending.has(id) && !isHandedOutAgain) {
      breaches.push(`${named(entry)} in ${where} is finished and pending`);
    }
    if (position !== null && isAbove(id, position) && !done.has(id)) {
      breaches.push(`${named(entry)} in ${where} is finished, and the checkpoint does not know it`);
    }
  }
  return breaches;
}

function isAbove(id: EntryId, position: EntryId): boolean {
  return compareEntryIds(id, position) > 0;
}
