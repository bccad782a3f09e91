/**
 * The verdict on a campaign: everything that is wrong, in sentences; nothing when all is as promised. Also what is
 * wrong with the campaign itself, such as faults that hit nothing.
 *
 * @module
 */

import type { CampaignResult } from "./campaign.ts";
import type { Findings } from "./checker.ts";
import type { PointCounts } from "./hits.ts";
import type { Observed } from "./observer.ts";
import { POINTS } from "./points.ts";

/** How many ids or sentences of one kind are shown. */
const SHOWN_MAX = 10;

/** At least so many faults must hit a process with work in flight, or the campaign proves little. */
const IN_FLIGHT_SHARE_MIN = 0.5;

/** Everything that is wrong. */
export function defectsOf(result: CampaignResult): string[] {
  const { fleet, faults, stuck, unfinishedAtLastFault } = result;
  const made = faults.kills + faults.stops;
  return [
    ...findingsDefects(result.findings),
    ...observedDefects(result.observed),
    ...some("misconduct of a worker process", fleet.misconduct),
    ...some("a consumer reported what nobody caused", fleet.reports),
    ...some("not finished in time", stuck),
    ...when(
      made > 0 && unfinishedAtLastFault === 0,
      "the campaign: nothing was unfinished at the last fault",
    ),
    ...when(
      faults.inFlight < made * IN_FLIGHT_SHARE_MIN,
      `the campaign: only ${faults.inFlight} of ${made} faults hit work in flight`,
    ),
    ...pointDefects(faults.points),
  ];
}

/** Named points that were aimed at and never hit for certain. */
export function pointDefects(points: readonly PointCounts[]): string[] {
  return points.flatMap(({ point, kills, stops, missed, disproofs }) => {
    if (kills + stops > 0 || missed + disproofs.length === 0) return [];
    const [first = "nobody came there"] = disproofs;
    return [
      `the campaign: never hit "${POINTS[point]}" in ${missed + disproofs.length} tries: ${first}`,
    ];
  });
}

/** What the checker found wrong. */
export function findingsDefects(findings: Findings): string[] {
  const { rows } = findings;
  return [
    ...when(
      findings.unpublished !== 0,
      `${findings.unpublished} published entries are not in the stream`,
    ),
    ...some("lost: neither output nor dead letter", findings.lost),
    ...some("duplicate outputs", findings.duplicate),
    ...some("outputs out of order of their key", findings.disordered),
    ...some("outputs of no entry, or with another key", findings.fabricated),
    ...some("poison with an output, or a healthy entry dead-lettered", findings.wrongFate),
    ...some("left pending", findings.leftPending),
    ...some("left in the done-set", findings.leftDone),
    ...when(!findings.checkpointIsLast, "the checkpoint is not at the last id"),
    ...(rows === null ? [] : [
      ...some("user table: no row", rows.faults.missing),
      ...some("user table: several rows", rows.faults.duplicate),
      ...some("user table: rows out of order of their key", rows.faults.disordered),
      ...some("user table: rows of no healthy entry", rows.faults.fabricated),
    ]),
  ];
}

/** What the observer saw wrong. */
export function observedDefects(observed: Observed): string[] {
  return [
    ...some("the checkpoint moved backwards", observed.backwards),
    ...some("the checkpoint was at or above an unfinished entry", observed.tooHigh),
    ...some("the done-set held an unfinished entry", observed.doneTooEarly),
  ];
}

function some(what: string, cases: readonly string[]): string[] {
  if (cases.length === 0) return [];
  const different = [...new Set(cases)];
  const more = different.length > SHOWN_MAX ? ` and ${different.length - SHOWN_MAX} more` : "";
  return [`${what} (${cases.length}): ${different.slice(0, SHOWN_MAX).join(", ")}${more}`];
}

function when(isWrong: boolean, what: string): string[] {
  return isWrong ? [what] : [];
}
