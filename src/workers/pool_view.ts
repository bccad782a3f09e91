/**
 * What a pool does at one moment, for people: what runs and where, and what rests and holds its key.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import type { CrewCount } from "./crew.ts";
import type { Slot } from "./lane.ts";

/** So many entries of a kind are listed: more than that nobody reads, and the first ones tell why it stalls. */
const LISTED_MAX = 20;

/** An entry whose handler runs. */
export interface RunningEntry {
  /** The entry. */
  readonly id: EntryId;
  /** Its key, `null` where it is not kept in order by one. */
  readonly key: string | null;
  /** When this attempt began, in ms since 1970. */
  readonly sinceMs: number;
  /** Which attempt it is; from 1. */
  readonly attempt: number;
  /** The worker that runs it. */
  readonly worker: string;
}

/** An entry that waits until its next attempt is due; what has the same key waits behind it. */
export interface RestingEntry {
  /** The entry. */
  readonly id: EntryId;
  /** The key that it holds, `null` where it is not kept in order by one. */
  readonly key: string | null;
  /** When it is due, in ms since 1970. */
  readonly dueAtMs: number;
  /** How many attempts failed. */
  readonly failures: number;
}

/** What a pool does at one moment. */
export interface PoolView {
  /** What runs, the longest first; at most 20. */
  readonly running: readonly RunningEntry[];
  /** What rests, the one that is due first first; at most 20. */
  readonly resting: readonly RestingEntry[];
  /** How many workers there are. */
  readonly workers: CrewCount;
}

/** What is seen of a pool that does not work yet. */
export const EMPTY_VIEW: PoolView = {
  running: [],
  resting: [],
  workers: { total: 0, free: 0, broken: 0 },
};

/** Looks at a pool. Takes time with the number of entries that it holds. */
export function viewOf(slots: Iterable<Slot>, workers: CrewCount): PoolView {
  const running: RunningEntry[] = [];
  const resting: RestingEntry[] = [];
  for (const { state, delivery: { id }, lane, worker, sinceMs, dueAtMs, failures } of slots) {
    const key = lane?.key ?? null;
    if (state === "resting") resting.push({ id, key, dueAtMs, failures });
    if (worker !== null) {
      running.push({ id, key, sinceMs, attempt: failures + 1, worker: worker.name });
    }
  }
  return {
    running: running.sort((a, b) => a.sinceMs - b.sinceMs).slice(0, LISTED_MAX),
    resting: resting.sort((a, b) => a.dueAtMs - b.dueAtMs).slice(0, LISTED_MAX),
    workers,
  };
}
