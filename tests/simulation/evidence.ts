/**
 * The evidence that an invariant is judged by: the plan, what was seen, what the broker holds at the end, and moments
 * that were looked at meanwhile.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Happening } from "../../src/testing/happening.ts";
import type { GroupPlan, Plan } from "../../src/testing/plan.ts";
import type {
  GroupData,
  SimulationResult,
  StreamData,
} from "../../src/testing/simulation_result.ts";
import { type EntryHistory, type GroupHistory, historiesOf, type Step } from "./history.ts";

/** What the broker held for one group at one moment, right after a call was applied. */
export interface Moment {
  /** The happenings that had been seen by then. */
  readonly step: Step;
  readonly stream: string;
  readonly group: string;
  /** The stored checkpoint's position, `null` for none. */
  readonly position: EntryId | null;
  /** The stored done-set. */
  readonly done: readonly EntryId[];
  readonly pending: readonly EntryId[];
  /** The source ids of all outputs, one each. */
  readonly outputs: readonly EntryId[];
}

/** Everything that is known of a simulation. */
export interface Evidence {
  readonly plan: Plan;
  readonly result: SimulationResult;
  readonly happenings: readonly Happening[];
  readonly groups: readonly GroupHistory[];
  readonly moments: readonly Moment[];
}

/** Gathers the evidence of a simulation. */
export function evidenceOf(
  plan: Plan,
  result: SimulationResult,
  moments: readonly Moment[] = [],
): Evidence {
  const { happenings } = result;
  return { plan, result, happenings, groups: historiesOf(plan, happenings), moments };
}

/** What the broker holds of a group at the end. */
export function dataOf({ result }: Evidence, { stream, group }: GroupPlan): GroupData | undefined {
  return result.data.groups.find((each) => each.stream === stream && each.group === group);
}

/** What the broker holds of a stream at the end. */
export function streamDataOf({ result }: Evidence, stream: string): StreamData | undefined {
  return result.data.streams.find((each) => each.stream === stream);
}

/** The happenings of one kind, with where they stand. */
export function* seen<Kind extends Happening["kind"]>(
  { happenings }: Evidence,
  kind: Kind,
): Generator<Extract<Happening, { readonly kind: Kind }> & { readonly step: Step }> {
  for (const [step, happening] of happenings.entries()) {
    if (isOfKind(happening, kind)) yield { ...happening, step };
  }
}

/** An entry for a sentence: its id, which life of the stream where there are several, and its number in the plan. */
export function named({ id, incarnation, plan }: EntryHistory): string {
  return `${id}${incarnation === 1 ? "" : ` of life ${incarnation}`} (number ${plan.number})`;
}

/** A group for a sentence. */
export function groupNamed({ stream, group }: Pick<GroupPlan, "stream" | "group">): string {
  return `group ${group} of ${stream}`;
}

function isOfKind<Kind extends Happening["kind"]>(
  happening: Happening,
  kind: Kind,
): happening is Extract<Happening, { readonly kind: Kind }> {
  return happening.kind === kind;
}

/** How many lost entries the consumers of a group have reported. */
export function reportedLosses(evidence: Evidence, { stream, group }: GroupPlan): number {
  return [...seen(evidence, "logged")].reduce((sum, { fields }) => {
    const { report, lost } = fields;
    if (report !== "dataLoss" || fields.stream !== stream || fields.group !== group) return sum;
    return sum + (typeof lost === "number" ? lost : 0);
  }, 0);
}
