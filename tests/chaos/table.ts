/**
 * The table that a campaign prints: one column per broker.
 *
 * @module
 */

import type { CampaignResult } from "./campaign.ts";
import type { PointCounts } from "./hits.ts";
import { ALL_POINTS, type Point, POINTS } from "./points.ts";

type Line = readonly [label: string, cell: (result: CampaignResult) => string | number];

const LINES: readonly Line[] = [
  ["entries", ({ findings }) => findings.entries],
  ["outputs", ({ findings }) => findings.outputs],
  ["dead letters", ({ findings }) => findings.deadLetters],
  ["lost", ({ findings }) => shareOf(findings.lost.length, findings.entries)],
  ["duplicate outputs", ({ findings }) => shareOf(findings.duplicate.length, findings.entries)],
  ["out of order by key", ({ findings }) => findings.disordered.length],
  ["wrongly dead-lettered", ({ findings }) => findings.wrongFate.length],
  ["left pending", ({ findings }) => findings.leftPending.length],
  ["checkpoint at the last id", ({ findings }) => findings.checkpointIsLast ? "yes" : "NO"],
  ["done-set at the end", ({ findings }) => findings.leftDone.length],
  ["rows in the user's table", ({ findings }) => findings.rows?.count ?? "-"],
  ["  missing, duplicate, disordered", ({ findings: { rows } }) => {
    if (rows === null) return "-";
    const { missing, duplicate, disordered } = rows.faults;
    return `${missing.length}, ${duplicate.length}, ${disordered.length}`;
  }],
  ["moments observed", ({ observed }) => observed.samples],
  ["  checkpoint seen to move", ({ observed }) => observed.moves],
  ["  moves backwards", ({ observed }) => observed.backwards.length],
  ["  unfinished at or below it", ({ observed }) => observed.tooHigh.length],
  ["  longest standstill, s", ({ observed }) => seconds(observed.standstill.ms)],
  ["  largest done-set", ({ observed }) => observed.doneMax],
  ["  most pending", ({ observed }) => observed.pendingMax],
  ["kill -9", ({ faults }) => faults.kills],
  ["stopped for 1 to 3 leases", ({ faults }) => faults.stops],
  ["  hit work in flight", ({ faults }) => faults.inFlight],
  [
    "  hit a commit: landed, cut off",
    ({ faults }) => `${faults.commitsLanded}, ${faults.commitsCut}`,
  ],
  ["at a named point, proven: killed + stopped", ({ faults }) => {
    return `${sum(faults.points, (p) => p.kills)} + ${sum(faults.points, (p) => p.stops)}`;
  }],
  ...ALL_POINTS.map((point): Line => [`  ${POINTS[point]}`, (result) => hitsOf(result, point)]),
  ["  aimed, but not proven", ({ faults }) => sum(faults.points, (p) => p.disproofs.length)],
  ["  aimed, but nobody came there", ({ faults }) => sum(faults.points, (p) => p.missed)],
  ["commits that came late, after a death", ({ faults }) => faults.lateAtOnce],
  ["  and after the successor had joined", ({ faults }) => faults.lateAfterSuccessor],
  ["two processes with one name", ({ faults }) => faults.twins],
  ["  older one stopped meanwhile", ({ faults }) => faults.zombies],
  ["  older one ended by itself", ({ fleet }) => fleet.replaced],
  ["restarts", ({ fleet }) => fleet.restarts],
  ["handler runs", ({ fleet }) => fleet.handlerRuns],
  ["entries fenced", ({ fleet }) => fleet.fenced],
  ["misconduct of processes", ({ fleet }) => fleet.misconduct.length],
  ["unfinished at the last fault", ({ unfinishedAtLastFault }) => unfinishedAtLastFault],
  ["finished after, s", ({ finishMs }) => finishMs === null ? "NEVER" : seconds(finishMs)],
  ["duration, s", ({ durationMs }) => seconds(durationMs)],
];

/** The results side by side. */
export function formatTable(results: readonly CampaignResult[]): string {
  const rows = [
    ["", ...results.map(({ broker }) => broker)],
    ...LINES.map(([label, cell]) => [label, ...results.map((result) => String(cell(result)))]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length))
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    }).join("  ").trimEnd()
  ).join("\n");
}

/** How often a point was hit for certain; a point that was never hit stands out. */
function hitsOf({ faults }: CampaignResult, point: Point): string {
  const counts = faults.points.find((each) => each.point === point);
  if (counts === undefined || counts.kills + counts.stops === 0) return "NEVER";
  return `${counts.kills} + ${counts.stops}`;
}

function sum(points: readonly PointCounts[], count: (point: PointCounts) => number): number {
  return points.reduce((total, point) => total + count(point), 0);
}

/** A number, and which part of the entries it is. */
function shareOf(count: number, entries: number): string {
  return count === 0 ? "0" : `${count} (${(100 * count / entries).toFixed(1)} %)`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
