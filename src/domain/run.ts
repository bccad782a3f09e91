/**
 * Runs: one execution each, with its own events, kept in a journal of its own.
 *
 * The second half of an event's id is its number in its run, from 1: `1717000000000-57` is the 57th event. So any two ids
 * tell how many events lie between them, and whoever has seen one of them can tell exactly what is missing before the
 * next, also when those in between were trimmed or never stored.
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_ZERO, type EntryId, entryIdParts } from "./entry_id.ts";
import type { JournalAddress } from "./journal.ts";
import { InvalidRunIdError, InvalidRunKindError } from "./run_errors.ts";

/** How a run ended. `interrupted`: its process died or lost touch, and nobody knows how far its code came. */
export type RunEndStatus = "completed" | "failed" | "cancelled" | "interrupted";

/** What a run does. */
export type RunStatus = "running" | RunEndStatus;

/** All of them. */
export const RUN_STATUSES: readonly RunStatus[] = [
  "running",
  "completed",
  "failed",
  "cancelled",
  "interrupted",
];

/** What is known of a run. */
export interface RunRecord {
  /** Its id. */
  readonly run: string;
  /** What it is one of, such as `report`. */
  readonly kind: string;
  /** What it does. */
  readonly status: RunStatus;
  /** When it began, in ms since 1970 by the clock of the process that began it. */
  readonly startedAtMs: number;
  /** When it ended, `null` while it runs. */
  readonly endedAtMs: number | null;
  /** Why it failed or was cancelled, for people; at most 500 characters, `null` for none. */
  readonly reason: string | null;
  /** How many events it ever had, the one of its end and those that were trimmed or not stored included. */
  readonly eventCount: number;
  /** How many of them are kept. */
  readonly length: number;
  /** The oldest that is kept, `null` for none. */
  readonly firstId: EntryId | null;
  /** The newest ever, `0-0` for none. */
  readonly lastId: EntryId;
  /** How long until it is forgotten, in ms; `null`: it stays. */
  readonly expiresInMs: number | null;
  /** The process that executes it, `null` when its events come from outside. */
  readonly owner: string | null;
}

/** An event of a run. */
export interface RunEvent<Data = unknown> {
  /** Where it stands: time, and its number in the run. */
  readonly id: EntryId;
  /** What happened. Types that begin with `run.` are Tidemark's own. */
  readonly type: string;
  /** What is told about it, as JSON says it; `null` when nothing was. The same object for everybody: do not change it. */
  readonly data: Data;
  /** When, in ms since 1970: the first half of its id. */
  readonly atMs: number;
}

/** An event to add to a run. */
export interface NewRunEvent {
  /** What happened: 1 to 256 bytes of printable text that does not begin with `run.`. */
  readonly type: string;
  /** What is told about it: anything that JSON can say, under 1 MiB of it. Default `null`. */
  readonly data?: unknown;
}

/** Events that are not there any more, or never were. */
export interface RunGap {
  /** The last position before them. */
  readonly afterId: EntryId;
  /** None of them has a higher id; whoever reads on does so after this one. */
  readonly untilId: EntryId;
  /** How many they are; `null` only where `afterId` came from outside and is no id of the run. */
  readonly count: number | null;
}

/** Letters and digits first; no `:`, braces or slashes, so that an id is itself in keys, paths and URLs (S7). */
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The space of journals that hold runs. */
export const RUN_SPACE = "runs";

/** Checks the id of a run (S7). @returns The same text. @throws {InvalidRunIdError} When it cannot be one. */
export function checkRunId(run: unknown): string {
  if (typeof run === "string" && RUN_ID.test(run)) return run;
  throw new InvalidRunIdError(run);
}

/** Checks the name of a kind. @returns The same text. @throws {InvalidRunKindError} When it cannot be one. */
export function checkRunKind(kind: unknown): string {
  if (typeof kind === "string" && RUN_ID.test(kind)) return kind;
  throw new InvalidRunKindError(kind);
}

/**
 * The journal of a run.
 *
 * @throws {InvalidRunIdError} When it cannot be one.
 */
export function runJournal(run: unknown): JournalAddress {
  return { space: RUN_SPACE, name: checkRunId(run) };
}

/** The number of an event in its run, from 1; 0 for the position before the first one. */
export function runEventNumber(id: EntryId): number {
  return Number(id.slice(id.indexOf("-") + 1));
}

/** When an event happened, in ms since 1970. */
export function runEventAtMs(id: EntryId): number {
  return Number(entryIdParts(id).ms);
}

/** The id of the event after another one. Time never goes back in it, whatever the clock does. */
export function nextRunEventId(lastId: EntryId, nowMs: number): EntryId {
  const { ms, seq } = entryIdParts(lastId);
  const now = BigInt(Math.max(0, Math.floor(nowMs)));
  return `${now > ms ? now : ms}-${seq + 1n}`;
}

/**
 * What is missing behind one position up to another.
 *
 * @returns `null` when nothing is, because the second is not above the first or has the same number.
 */
export function runGap(afterId: EntryId, untilId: EntryId): RunGap | null {
  if (compareEntryIds(afterId, untilId) >= 0) return null;
  const from = runEventNumber(afterId);
  const count = runEventNumber(untilId) - from;
  if (count === 0) return null;
  const isKnown = Number.isSafeInteger(count) && count > 0 &&
    (from > 0 || afterId === ENTRY_ID_ZERO);
  return { afterId, untilId, count: isKnown ? count : null };
}
