/**
 * The report of many seeds: how fast, what went wrong on purpose, what happened, and which transitions were never taken.
 *
 * @module
 */

import type { Counts, CoverageFigures } from "./coverage.ts";
import type { FailedSeed, SeedsResult } from "./seeds.ts";
import { allTransitions } from "./transitions.ts";

/** A report, as plain data. */
export interface Report {
  readonly from: number;
  readonly seeds: number;
  readonly threads: number;
  readonly seconds: number;
  readonly seedsASecond: number;
  readonly happenings: number;
  readonly failed: readonly FailedSeed[];
  readonly coverage: CoverageFigures;
  /** How many transitions the charts have. */
  readonly transitionCount: number;
  /** Those that were not taken. */
  readonly transitionsNotTaken: readonly string[];
}

/** Makes a report. */
export function reportOf(
  { tried, failed, happenings, durationMs, coverage }: SeedsResult,
  { from, threads }: { readonly from: number; readonly threads: number },
): Report {
  const { counts, struck, transitions } = coverage;
  const all = allTransitions();
  return {
    from,
    seeds: tried,
    threads,
    seconds: durationMs / 1_000,
    seedsASecond: tried / (durationMs / 1_000),
    happenings,
    failed,
    coverage: { counts, struck, transitions },
    transitionCount: all.length,
    transitionsNotTaken: all.filter((name) => (transitions[name] ?? 0) === 0),
  };
}

/** A report for people. */
export function formatReport(report: Report): string {
  const { from, seeds, threads, seconds, seedsASecond, happenings, failed, coverage } = report;
  const { transitionCount, transitionsNotTaken } = report;
  const taken = transitionCount - transitionsNotTaken.length;
  return [
    `Simulated ${seeds} seeds from ${from} in ${seconds.toFixed(1)} s with ${threads} threads: ` +
    `${seedsASecond.toFixed(1)} seeds a second, ${happenings} happenings, ${failed.length} failed`,
    "",
    "Faults that struck",
    ...linesOf(coverage.struck),
    "",
    "What happened",
    ...linesOf(coverage.counts),
    "",
    `${taken} of ${transitionCount} transitions of the charts were taken, but for`,
    ...transitionsNotTaken.map((name) => `  ${name}`),
  ].join("\n");
}

function linesOf(counts: Counts): string[] {
  const rows = Object.entries(counts);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(9)}`);
}
