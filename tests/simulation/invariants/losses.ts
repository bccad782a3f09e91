/**
 * What is told of losses: every entry that was trimmed before it was finished is counted as lost, pending or unread, and
 * none of them twice.
 *
 * @module
 */

import { dataOf, type Evidence, groupNamed, reportedLosses } from "../evidence.ts";
import type { GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I1, in numbers. */
export const lossesCounted: Invariant = {
  name: "I1",
  wording: "Losses are counted: as many entries as were trimmed unfinished are counted as lost, " +
    "and no more than that are told.",
  breaches: (evidence) => evidence.groups.flatMap((group) => miscountedIn(evidence, group)),
};

function miscountedIn(evidence: Evidence, group: GroupHistory): string[] {
  // A group that was made anew has forgotten what it counted; of a stream that was deleted nothing is counted.
  if (group.destroyedSteps.length > 0) return [];
  if (group.entries.some(({ incarnation }) => incarnation > 1)) return [];
  const madeStep = evidence.happenings.findIndex((each) =>
    each.kind === "callApplied" && "accounted" in each.applied &&
    each.stream === group.plan.stream && each.group === group.plan.group
  );
  // What was gone before the group was made it could not lose.
  const lost =
    group.entries.filter(({ goneStep, fates }) =>
      goneStep !== null && madeStep >= 0 && goneStep > madeStep &&
      fates.every(({ kind }) => kind === "lost")
    ).length;
  const where = groupNamed(group.plan);
  const told = reportedLosses(evidence, group.plan);
  const breaches = told > lost
    ? [`${told} entries of ${where} were told as lost, ${lost} are`]
    : [];
  const data = dataOf(evidence, group.plan);
  const unread = data?.unreadLostCount ?? null;
  const isOver = evidence.happenings.some(({ kind }) => kind === "finished");
  const counted = (data?.lostCount ?? 0) + (unread ?? 0);
  if (unread !== null && isOver && counted !== lost) {
    breaches.push(`${counted} entries of ${where} were counted as lost, ${lost} are`);
  }
  return breaches;
}
