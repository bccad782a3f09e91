/**
 * That what is lost is told (I11): by the broker, which finishes it, to the consumer, and by the consumer to people.
 *
 * @module
 */

import type { EntryId } from "../../../src/domain/entry_id.ts";
import type { Applied } from "../../../src/testing/happening.ts";
import { dataOf, type Evidence, groupNamed, reportedLosses } from "../evidence.ts";
import type { GroupHistory } from "../history.ts";
import type { Invariant } from "./invariant.ts";

/** I11 */
export const lossesAreTold: Invariant = {
  name: "I11",
  wording: "Losses are told: what was counted as lost was named by the broker, each entry once, " +
    "and is in a report, unless the answer that named it came to nobody.",
  breaches: (evidence) => evidence.groups.flatMap((group) => untoldIn(evidence, group)),
};

function untoldIn(evidence: Evidence, group: GroupHistory): string[] {
  // A group that was made anew has forgotten what it counted, and an id may mean several entries of several lives.
  if (group.destroyedSteps.length > 0) return [];
  if (group.entries.some(({ incarnation }) => incarnation > 1)) return [];
  const where = groupNamed(group.plan);
  const { stream, group: name } = group.plan;
  const named = new Set<EntryId>();
  const calls: { readonly call: number; readonly count: number }[] = [];
  const breaches: string[] = [];
  for (const happening of evidence.happenings) {
    if (happening.kind !== "callApplied") continue;
    if (happening.stream !== stream || happening.group !== name) continue;
    const ids = lostIn(happening.applied);
    const count = ids.length + unreadIn(happening.applied);
    if (count > 0) calls.push({ call: happening.call, count });
    for (const id of ids) {
      if (named.has(id)) breaches.push(`${id} in ${where} was named as lost twice`);
      named.add(id);
    }
  }
  const counted = dataOf(evidence, group.plan)?.lostCount ?? 0;
  if (counted === 0) return breaches;
  const heard = heardIn(evidence);
  const unheard = calls.reduce((sum, { call, count }) => sum + (heard.has(call) ? 0 : count), 0);
  const told = reportedLosses(evidence, group.plan);
  if (counted > told + unheard) {
    breaches.push(
      `${counted} entries of ${where} were counted as lost, and ${told} were told, ` +
        `${unheard} in answers that came to nobody`,
    );
  }
  return breaches;
}

/** The calls whose answers came. One that was struck may be answered with nothing, where its caller no longer waits. */
function heardIn({ happenings, plan: { faults } }: Evidence): ReadonlySet<number> {
  const heard = new Set<number>();
  const struck = new Set<number>();
  let next: string | null = null;
  for (const happening of happenings) {
    if (happening.kind === "faultStruck") {
      const fault = faults[happening.fault];
      if (fault !== undefined && "call" in fault) next = nameOf(fault.call);
    } else if (happening.kind === "callSent") {
      const { process, asked: { method }, call } = happening;
      if (process === null || nameOf({ process, method }) !== next) continue;
      struck.add(call);
      next = null;
    } else if (happening.kind === "callAnswered" && happening.thrown === null) {
      if (!struck.has(happening.call)) heard.add(happening.call);
    }
  }
  return heard;
}

function nameOf(
  { process, method }: { readonly process: string; readonly method: string },
): string {
  return `${process} ${method}`;
}

/** What a call has finished as lost. An own pending entry without data is named until a commit finishes it. */
function lostIn(applied: Applied): EntryId[] {
  if ("thrown" in applied) return [];
  if (applied.method === "readNew" || applied.method === "claim") return [...applied.lost];
  if (applied.method !== "commit" || applied.result !== "committed") return [];
  return applied.settlements.filter(({ kind }, at) =>
    kind === "lost" && applied.verdicts[at] === "committed"
  ).map(({ id }) => id);
}

/** How many entries a call has accounted for as lost before they were read. */
function unreadIn(applied: Applied): number {
  if ("thrown" in applied) return 0;
  if (applied.method === "establish") return applied.accounted;
  return applied.method === "findUnreadLoss" ? applied.lost : 0;
}
