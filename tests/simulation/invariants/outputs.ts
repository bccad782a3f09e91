/**
 * What becomes of entries: nothing is lost (I1), nothing is there twice (I2), nothing is made up (I9).
 *
 * @module
 */

import { deadLetterStream } from "../../../src/domain/names.ts";
import type { EntryId } from "../../../src/domain/entry_id.ts";
import type { OutputSeen } from "../../../src/testing/simulation_result.ts";
import { dataOf, type Evidence, groupNamed, named, streamDataOf } from "../evidence.ts";
import type { EntryHistory, GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I1 */
export const noLoss: Invariant = {
  name: "I1",
  wording:
    "No loss: every entry ends with its outputs or as a dead letter, applied no later than " +
    "its acknowledgement, or is named in a report of lost data or counted as lost.",
  breaches: (evidence) => evidence.groups.flatMap((group) => lostIn(evidence, group)),
};

/** I2 */
export const exactlyOnce: Invariant = {
  name: "I2",
  wording: "Exactly-once committed output: at most one set of outputs or dead letter for each id " +
    "and incarnation.",
  breaches: (evidence) =>
    evidence.groups.flatMap((group) => [
      ...finishedTwice(group),
      ...doubledIn(evidence, group),
    ]),
};

/** I9 */
export const noFabrication: Invariant = {
  name: "I9",
  wording: "No fabrication: outputs and dead letters only for ids that exist, with their key and " +
    "what their handler made of them.",
  breaches: (evidence) => evidence.groups.flatMap((group) => fabricatedIn(evidence, group)),
};

function lostIn(evidence: Evidence, group: GroupHistory): string[] {
  const parts = partsOf(evidence, group);
  const letters = lettersOf(evidence, group);
  const unfinished = group.entries.filter((entry) =>
    entry.fates.length === 0 && !isExcused(evidence, group, entry)
  );
  const gone = unfinished.filter(({ goneStep }) => goneStep !== null);
  const isCounted = gone.length <= lostCountOf(evidence, group);
  const finished = group.entries.flatMap((entry): string[] => {
    const fate = entry.fates[0];
    const told = `${named(entry)} in ${groupNamed(group.plan)}`;
    if (fate?.kind === "deadLettered" && !letters.includes(entry.id)) {
      return [`${told} was given up, and there is no dead letter`];
    }
    const found = parts.get(entry.id)?.length ?? 0;
    if (fate?.kind === "handled" && found < fate.outputs) {
      return [`${told} was acknowledged with ${fate.outputs} outputs, and there are ${found}`];
    }
    return [];
  });
  const lost = unfinished.filter(({ goneStep }) => goneStep === null || !isCounted)
    .map((entry) => `${named(entry)} in ${groupNamed(group.plan)} was never finished`);
  return [...lost, ...finished];
}

/** How many entries the broker has counted as lost; a group that was destroyed has forgotten it. */
function lostCountOf(evidence: Evidence, { plan, destroyedSteps }: GroupHistory): number {
  return destroyedSteps.length > 0 ? Infinity : dataOf(evidence, plan)?.lostCount ?? 0;
}

/**
 * Whether nothing need have become of an entry: its stream was deleted on purpose, or it was trimmed. Of what was trimmed
 * unread nobody is told by its id; `losses.ts` counts it.
 */
function isExcused({ happenings }: Evidence, group: GroupHistory, entry: EntryHistory): boolean {
  const { goneStep, lostStep, incarnation, handOuts } = entry;
  if (goneStep === null) return false;
  if (lostStep !== null || handOuts.length === 0) return true;
  if (group.entries.some((each) => each.incarnation > incarnation)) return true;
  return happenings.some((each, step) =>
    step > goneStep && each.kind === "logged" && each.fields.report === "dataLoss" &&
    each.fields.stream === group.plan.stream && each.fields.group === group.plan.group
  );
}

function finishedTwice(group: GroupHistory): string[] {
  return group.entries.filter(({ fates }) => fates.length > 1).map((entry) => {
    const how = entry.fates.map(({ kind, consumer, atMs }) => `${kind} by ${consumer} at ${atMs}`);
    return `${named(entry)} in ${groupNamed(group.plan)} was finished twice: ${how.join(", ")}`;
  });
}

function doubledIn(evidence: Evidence, group: GroupHistory): string[] {
  const letters = countOf(lettersOf(evidence, group));
  const lives = countOf(group.entries.map(({ id }) => id));
  const breaches: string[] = [];
  for (const [id, outputs] of partsOf(evidence, group)) {
    for (const [payload, count] of countOf(outputs.map((each) => each.payload))) {
      if (count <= (lives.get(id) ?? 1)) continue;
      breaches.push(`${id} in ${groupNamed(group.plan)} has ${count} outputs ${payload}`);
    }
    if (lives.get(id) === 1 && letters.has(id)) {
      breaches.push(`${id} in ${groupNamed(group.plan)} has outputs and a dead letter`);
    }
  }
  for (const [id, count] of letters) {
    if (count <= (lives.get(id) ?? 1)) continue;
    breaches.push(`${id} in ${groupNamed(group.plan)} has ${count} dead letters`);
  }
  return breaches;
}

function fabricatedIn(evidence: Evidence, group: GroupHistory): string[] {
  const byId = Map.groupBy(group.entries, ({ id }) => id);
  const where = groupNamed(group.plan);
  const outputs = (dataOf(evidence, group.plan)?.outputs ?? []).flatMap((output) => {
    const { sourceId, key } = output;
    const entries = sourceId === null ? [] : byId.get(sourceId) ?? [];
    if (entries.length === 0) {
      return [`output ${output.id} of ${where} is of no entry: ${sourceId}`];
    }
    const isTrue = entries.some((entry) => entry.plan.key === key && isMadeOf(output, entry));
    return isTrue ? [] : [`output ${output.id} of ${where} is not what ${sourceId} makes`];
  });
  const letters = lettersOf(evidence, group).filter((id) => !byId.has(id))
    .map((id) => `a dead letter in ${deadLetterStream(group.plan.stream)} is of no entry: ${id}`);
  return [...outputs, ...letters];
}

/** Whether an entry's handler makes such an output. */
function isMadeOf({ payload }: OutputSeen, { plan: { number, behaviour } }: EntryHistory): boolean {
  const count = "outputs" in behaviour ? behaviour.outputs : 0;
  return Array.from({ length: count }, (_, part) => JSON.stringify({ number, part }))
    .includes(payload);
}

/** The outputs of a group by the entry that caused them. */
function partsOf(evidence: Evidence, group: GroupHistory): ReadonlyMap<EntryId, OutputSeen[]> {
  const parts = new Map<EntryId, OutputSeen[]>();
  for (const output of dataOf(evidence, group.plan)?.outputs ?? []) {
    if (output.sourceId === null) continue;
    const known = parts.get(output.sourceId);
    if (known === undefined) parts.set(output.sourceId, [output]);
    else known.push(output);
  }
  return parts;
}

function lettersOf(evidence: Evidence, { plan: { stream, group } }: GroupHistory): EntryId[] {
  return (streamDataOf(evidence, stream)?.letters ?? [])
    .filter((letter) => letter.group === group).map(({ sourceId }) => sourceId);
}

function countOf<Value>(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
