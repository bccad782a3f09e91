/**
 * The table that a campaign prints: one column per broker.
 *
 * @module
 */

import type { CampaignResult } from "./campaign.ts";

type Line = readonly [label: string, cell: (result: CampaignResult) => string | number];

const LINES: readonly Line[] = [
  ["entries", ({ findings }) => findings.entries],
  ["outputs", ({ findings }) => findings.outputs],
  ["dead letters", ({ findings }) => findings.deadLetters],
  ["lost", ({ findings }) => findings.lost.length],
  ["duplicate outputs", ({ findings }) => findings.duplicate.length],
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

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}
