/**
 * The demo's input: real events that are on every machine on which it runs. The history of the repository it stands in,
 * and where that is short, lines of our own sources in addition.
 *
 * @module
 */

import type { DemoEvent } from "./demo_event.ts";
import { readHistory } from "./git_history.ts";
import { readSourceLines } from "./source_lines.ts";

/** What the demo works on. */
export interface DemoInput {
  readonly events: readonly DemoEvent[];
  /** How many different keys they have. */
  readonly keyCount: number;
  /** What it is, for people. */
  readonly description: string;
}

/** A few seconds of work for three processes. */
const EVENTS_WANTED = 3_000;

/** A shorter history is filled up with lines. */
const EVENTS_ENOUGH = 2_000;

/**
 * Reads the input.
 *
 * @param wanted How many events; default: 3,000, or 2,000 and more if the history has as many.
 * @returns Fewer, or none, where there is neither a history nor sources.
 */
export async function readInput(wanted: number = EVENTS_WANTED): Promise<DemoInput> {
  const enough = Math.min(wanted, EVENTS_ENOUGH);
  const commits = await readHistory(wanted);
  const lines = commits.length < enough ? await readSourceLines(wanted - commits.length) : [];
  const events = [...commits, ...lines];
  return {
    events,
    keyCount: new Set(events.map((event) => event.key)).size,
    description: describe(commits.length, lines.length),
  };
}

/** How many events the most frequent key has: they are handled one after the other. */
export function longestLane(events: readonly DemoEvent[]): number {
  const counts = new Map<string, number>();
  for (const { key } of events) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function describe(commitCount: number, lineCount: number): string {
  const commits = `${counted(commitCount, "commit")} of this repository, keyed by their first file`;
  const lines = `${counted(lineCount, "line")} of Tidemark's sources, keyed by file`;
  if (lineCount === 0) return commits;
  if (commitCount === 0) return `${lines} (no git history here)`;
  return `${commits}, and as that history is short, ${lines}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
