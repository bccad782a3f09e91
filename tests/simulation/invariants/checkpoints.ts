/**
 * Where the checkpoint may stand (I6), and what the library never does to the data of others (I7).
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../../src/domain/entry_id.ts";
import {
  dataOf,
  type Evidence,
  groupNamed,
  type Moment,
  named,
  streamDataOf,
} from "../evidence.ts";
import type { EntryHistory, GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I6 */
export const checkpointIsALowWatermark: Invariant = {
  name: "I6",
  wording: "Checkpoint: it moves forward only within an incarnation, is never at or above an " +
    "entry that is pending or unread, and what is stored can always be read back.",
  breaches: (evidence) => [
    ...evidence.groups.flatMap((group) => [
      ...movesBack(group),
      ...commitsTooHigh(group),
      ...unreadable(evidence, group),
    ]),
    ...evidence.moments.flatMap((moment) => tooHighNow(evidence, moment)),
  ],
};

/** I7 */
export const nothingOfOthersIsDestroyed: Invariant = {
  name: "I7",
  wording: "No destructive administration: the library removes no stream, no entry, no group and " +
    "no pending entry by itself, and moves no group back within an incarnation.",
  breaches: (evidence) => [
    ...evidence.groups.flatMap((group) => [
      ...removedEntries(evidence, group),
      ...removedGroup(evidence, group),
    ]),
    ...movedBack(evidence),
  ],
};

function tooHighNow({ groups }: Evidence, moment: Moment): string[] {
  const { position, pending, done, stream, group, step } = moment;
  if (position === null) return [];
  const where = `${groupNamed({ stream, group })} after step ${step}`;
  const isBelow = (id: EntryId) => compareEntryIds(id, position) <= 0;
  const useless = done.filter(isBelow)
    .map((id) => `${id} in ${where} is in the done-set, and the checkpoint is ${position}`);
  const history = groups.find(({ plan }) => plan.stream === stream && plan.group === group);
  // A group that was destroyed may hand out again what is done; its commit finds that out (V5).
  if (history?.destroyedSteps.some((each) => each < step)) return useless;
  const low = pending.filter(isBelow)
    .map((id) => `${id} in ${where} is pending, and the checkpoint is ${position}`);
  return [...low, ...useless];
}

function movesBack({ commits, plan }: GroupHistory): string[] {
  return commits.slice(1).flatMap((commit, at): string[] => {
    const before = commits[at];
    const isBack = before !== undefined && before.incarnation === commit.incarnation &&
      compareEntryIds(commit.position, before.position) < 0;
    return isBack
      ? [
        `the checkpoint of ${groupNamed(plan)} moved from ${before.position} to ${commit.position}`,
      ]
      : [];
  });
}

/** Looks at each entry once: the first checkpoint at or above it must not come before it was finished. */
function commitsTooHigh({ commits, entries, plan }: GroupHistory): string[] {
  return entries.flatMap((entry): string[] => {
    const high = commits.find(({ step, incarnation, position }) =>
      incarnation === entry.incarnation && step > entry.publishedStep &&
      compareEntryIds(entry.id, position) <= 0
    );
    if (high === undefined || isOver(entry, high.step)) return [];
    return [
      `the checkpoint of ${groupNamed(plan)} was ${high.position} at ${high.atMs}, and ` +
      `${named(entry)} was not finished`,
    ];
  });
}

function isOver({ fates, goneStep, lostStep }: EntryHistory, step: number): boolean {
  return fates.some((fate) => fate.step <= step) || (goneStep !== null && goneStep <= step) ||
    (lostStep !== null && lostStep <= step);
}

function unreadable(evidence: Evidence, { plan }: GroupHistory): string[] {
  const data = dataOf(evidence, plan);
  return data?.checkpoint.kind === "unusable"
    ? [`the checkpoint of ${groupNamed(plan)} cannot be read: ${data.checkpoint.reason}`]
    : [];
}

function removedEntries(evidence: Evidence, { entries, plan }: GroupHistory): string[] {
  const present = new Set(streamDataOf(evidence, plan.stream)?.entries.map(({ id }) => id));
  return entries.filter(({ goneStep, id }) => goneStep === null && !present.has(id))
    .map((entry) => `${named(entry)} is not in ${plan.stream} any more, and nobody removed it`);
}

function removedGroup(
  evidence: Evidence,
  { commits, destroyedSteps, plan }: GroupHistory,
): string[] {
  const lastDeliveredId = dataOf(evidence, plan)?.lastDeliveredId ?? null;
  const wasThere = commits.length > 0 && destroyedSteps.length === 0 &&
    commits.at(-1)?.incarnation === streamDataOf(evidence, plan.stream)?.incarnations;
  return wasThere && lastDeliveredId === null
    ? [`${groupNamed(plan)} is gone, and nobody removed it`]
    : [];
}

/** A group may be set to any position only where its stream was replaced. */
function movedBack({ happenings, plan: { faults } }: Evidence): string[] {
  const replaced = new Set<string>();
  const breaches: string[] = [];
  for (const happening of happenings) {
    if (happening.kind === "faultStruck") {
      const fault = faults[happening.fault];
      if (fault?.kind === "streamReplaced") replaced.add(fault.stream);
    } else if (happening.kind === "callSent" && happening.asked.method === "establish") {
      const { group } = happening.asked.plan;
      if (typeof group === "string" || !("reset" in group)) continue;
      if (replaced.has(happening.stream)) continue;
      breaches.push(`${groupNamed(happening)} was set back to ${group.reset} for no reason`);
    }
  }
  return breaches;
}
