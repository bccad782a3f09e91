/**
 * What the campaign of server faults prints: a line for every row.
 *
 * @module
 */

import { tableText } from "../../../src/cli/columns.ts";
import type { JudgedRow } from "./campaign.ts";

/** Reasons say the most in the least space. */
const SAID_WIDTH_MIN = 24;

/** The table, in the order of the rows. */
export function formatRows(judged: readonly JudgedRow[]): string {
  const names = [...new Set(judged.map(({ row }) => row.name))];
  const of = (name: string) => judged.filter(({ row }) => row.name === name);
  return tableText([
    { title: "fault", cell: (name: string) => name, widthMin: SAID_WIDTH_MIN },
    { title: "seen as", cell: (name) => each(of(name), ({ result }) => [result.seen.kind]) },
    {
      title: "said",
      cell: (name) =>
        each(of(name), ({ result }) => [...result.seen.reasons, ...result.seen.reports]),
      widthMin: SAID_WIDTH_MIN,
    },
    { title: "back after, ms", cell: (name) => recoveries(of(name)), isNumber: true },
    { title: "lost", cell: (name) => losses(of(name)), isNumber: true },
    { title: "verdict", cell: (name) => of(name).some(isRed) ? "RED" : "ok" },
  ], names);
}

function isRed({ defects }: JudgedRow): boolean {
  return defects.length > 0;
}

function each(rows: readonly JudgedRow[], of: (row: JudgedRow) => readonly string[]): string {
  return [...new Set(rows.flatMap(of))].join(" ");
}

/** The middle one and the longest. */
function recoveries(rows: readonly JudgedRow[]): string {
  const times = rows.map(({ result }) => result.recoveredMs).sort((one, other) => one - other);
  const half = times[Math.floor((times.length - 1) / 2)] ?? 0;
  return `${half.toFixed(0)}/${(times.at(-1) ?? 0).toFixed(0)}`;
}

/** So many entries without an output, and how many were reported. */
function losses(rows: readonly JudgedRow[]): string {
  return each(rows, ({ result }) => {
    const lost = result.streams.reduce((sum, { findings }) => sum + findings.lost.length, 0);
    if (lost === 0 && result.seen.reportedLost === 0) return ["0"];
    if (result.skipped.length > 0) return [`${lost} as told`];
    return [`${lost}, reported ${result.seen.reportedLost ?? "unknown"}`];
  });
}
