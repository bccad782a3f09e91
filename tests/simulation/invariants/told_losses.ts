/**
 * That what is lost is told (I11): by the broker, which finishes it, to the consumer, and by the consumer to people.
 *
 * @module
 */

import type { EntryId } from "../../../src/domain/entry_id.ts";
import type { Applied } from "../../../src/testing/happening.ts";
import { dataOf, type Evidence, groupNamed, seen } from "../evidence.ts";
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
  const heard = new Set(
    [...seen(evidence, "callAnswered")].filter(({ thrown }) => thrown === null)
      .map(({ call }) => call),
  );
  const named = new Set<EntryId>();
  const breaches: string[] = [];
  let unheard = 0;
  for (const { applied, stream: of, group: by, call } of seen(evidence, "callApplied")) {
    if (of !== stream || by !== name) continue;
    const ids = lostIn(applied);
    for (const id of ids) {
      if (named.has(id)) breaches.push(`${id} in ${where} was named as lost twice`);
      named.add(id);
    }
    if (!heard.has(call)) unheard += ids.length;
  }
  const counted = dataOf(evidence, group.plan)?.lostCount ?? 0;
  const told = toldOf(evidence, group);
  if (counted > told + unheard) {
    breaches.push(
      `${counted} entries of ${where} were counted as lost, and ${told} were told, ` +
        `${unheard} in answers that came to nobody`,
    );
  }
  return breaches;
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

/** How many lost entries the consumers of a group have reported. */
function toldOf(evidence: Evidence, { plan: { stream, group } }: GroupHistory): number {
  return [...seen(evidence, "logged")].reduce((sum, { fields }) => {
    const { report, lost } = fields;
    if (report !== "dataLoss" || fields.stream !== stream || fields.group !== group) return sum;
    return sum + (typeof lost === "number" ? lost : 0);
  }, 0);
}
