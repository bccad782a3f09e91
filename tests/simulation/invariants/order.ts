/**
 * The order of keys (I5).
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../../src/domain/entry_id.ts";
import { dataOf, type Evidence, groupNamed, named } from "../evidence.ts";
import type { EntryHistory, GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I5 */
export const keysKeepTheirOrder: Invariant = {
  name: "I5",
  wording: "Order by key: in a group that keeps it, entries of one key are finished and their " +
    "outputs appear in the order of the source, across takeovers and restarts.",
  breaches: (evidence) =>
    evidence.groups.filter(({ plan }) => plan.order === "key").flatMap((group) => [
      ...finishedOutOfOrder(group),
      ...appendedOutOfOrder(evidence, group),
    ]),
};

function finishedOutOfOrder(group: GroupHistory): string[] {
  const fates = group.entries.flatMap((entry) =>
    entry.fates.filter(({ kind }) => kind !== "lost").map(({ step }) => ({ entry, step }))
  ).sort((one, other) => one.step - other.step || comparePlaces(one.entry, other.entry));
  const latest = new Map<string, EntryHistory>();
  const breaches: string[] = [];
  for (const { entry } of fates) {
    const { key } = entry.plan;
    if (key === null) continue;
    const before = latest.get(key);
    if (before !== undefined && comparePlaces(entry, before) < 0) {
      breaches.push(
        `${named(entry)} of key ${key} in ${groupNamed(group.plan)} was finished after ${
          named(before)
        }`,
      );
    } else {
      latest.set(key, entry);
    }
  }
  return breaches;
}

function appendedOutOfOrder(evidence: Evidence, group: GroupHistory): string[] {
  if (group.entries.some(({ incarnation }) => incarnation > 1)) return []; // its ids begin anew
  const latest = new Map<string, EntryId>();
  return (dataOf(evidence, group.plan)?.outputs ?? []).flatMap(({ sourceId, key }): string[] => {
    if (sourceId === null || key === null) return [];
    const before = latest.get(key);
    if (before !== undefined && compareEntryIds(sourceId, before) < 0) {
      const where = groupNamed(group.plan);
      return [`an output of ${sourceId} of key ${key} in ${where} comes after one of ${before}`];
    }
    latest.set(key, sourceId);
    return [];
  });
}

function comparePlaces(one: EntryHistory, other: EntryHistory): number {
  return one.incarnation - other.incarnation || compareEntryIds(one.id, other.id);
}
