/**
 * The document beside a run's events, as it is stored.
 *
 * @module
 */

import type { JournalSnapshot } from "./journal.ts";
import { JournalDamagedError } from "./journal_errors.ts";
import { printable } from "./printable.ts";
import { RUN_STATUSES, runEventNumber, type RunRecord, type RunStatus } from "./run.ts";

/** The version of the stored form. A reader refuses newer ones. */
export const RUN_STATE_SCHEMA = 1;

/** What is stored of a run beside its events. */
export interface RunState {
  /** What it is one of. */
  readonly kind: string;
  /** What it does. */
  readonly status: RunStatus;
  /** When it began, in ms since 1970. */
  readonly startedAtMs: number;
  /** When it ended, `null` while it runs. */
  readonly endedAtMs: number | null;
  /** Why it failed or was cancelled, `null` for none. */
  readonly reason: string | null;
  /** Who executes it, `null` when its events come from outside. */
  readonly owner: string | null;
  /** Why it is to end, `null` unless somebody has asked its owner for that. */
  readonly cancelReason: string | null;
  /** How long it is kept after its end, in ms; `null`: for good. */
  readonly ttlMs: number | null;
}

/** What {@linkcode decodeRunState} found. */
export type DecodedRunState =
  | { readonly kind: "valid"; readonly state: RunState }
  | { readonly kind: "unusable"; readonly reason: string };

/** A line for people. */
const REASON_LENGTH_MAX = 500;

/** A reason fit to be stored and shown: one line without secrets, at most 500 characters before escaping. */
export function runReason(text: string): string {
  return printable(text, REASON_LENGTH_MAX);
}

/** Writes it as JSON. */
export function encodeRunState(state: RunState): string {
  return JSON.stringify({
    schema: RUN_STATE_SCHEMA,
    kind: state.kind,
    status: state.status,
    started_at_ms: state.startedAtMs,
    ended_at_ms: state.endedAtMs,
    reason: state.reason,
    owner: state.owner,
    cancel_reason: state.cancelReason,
    ttl_ms: state.ttlMs,
  });
}

/** Reads a stored document of unknown origin. Total: rubbish gives a reason, never a throw. */
export function decodeRunState(text: string): DecodedRunState {
  const stored = parse(text);
  if (typeof stored !== "object" || stored === null) return unusable("it is not a record");
  const { schema, kind, status, started_at_ms, ended_at_ms, reason, owner, cancel_reason, ttl_ms } =
    { ...NOTHING, ...stored };
  if (!isCount(schema) || schema < 1) return unusable("its schema version is missing");
  if (schema > RUN_STATE_SCHEMA) {
    return unusable(`its schema version ${schema} is newer than ${RUN_STATE_SCHEMA}`);
  }
  if (typeof kind !== "string") return unusable("its kind is missing");
  const known = RUN_STATUSES.find((each) => each === status);
  if (known === undefined) return unusable("its status is none");
  if (!isCount(started_at_ms)) return unusable("its start is no time");
  if (!isCountOrNull(ended_at_ms)) return unusable("its end is no time");
  if (!isTextOrNull(reason)) return unusable("its reason is no text");
  if (!isTextOrNull(owner)) return unusable("its owner is no text");
  if (!isTextOrNull(cancel_reason)) return unusable("its cancel reason is no text");
  if (!isCountOrNull(ttl_ms)) return unusable("its ttl is no duration");
  const state: RunState = {
    kind,
    status: known,
    startedAtMs: started_at_ms,
    endedAtMs: ended_at_ms,
    reason,
    owner,
    cancelReason: cancel_reason,
    ttlMs: ttl_ms,
  };
  return { kind: "valid", state };
}

/**
 * The state in a journal's snapshot.
 *
 * @throws {JournalDamagedError} When it is none of ours.
 */
export function runStateOf(snapshot: JournalSnapshot): RunState {
  const decoded = decodeRunState(snapshot.state);
  if (decoded.kind === "valid") return decoded.state;
  throw new JournalDamagedError(snapshot.journal, `state: ${decoded.reason}`);
}

/**
 * What a journal's snapshot tells of its run.
 *
 * @throws {JournalDamagedError} When its state is none of ours.
 */
export function runRecordOf(snapshot: JournalSnapshot): RunRecord {
  return runRecord(snapshot.journal.name, runStateOf(snapshot), snapshot);
}

/** A run as people see it: what its state says, and how many events are kept where. */
export function runRecord(
  run: string,
  { kind, status, startedAtMs, endedAtMs, reason, owner }: RunState,
  { length, firstId, lastId, expiresInMs }: Pick<
    JournalSnapshot,
    "length" | "firstId" | "lastId" | "expiresInMs"
  >,
): RunRecord {
  return {
    run,
    kind,
    status,
    startedAtMs,
    endedAtMs,
    reason,
    eventCount: runEventNumber(lastId),
    length,
    firstId,
    lastId,
    expiresInMs,
    owner,
  };
}

const NOTHING: Readonly<Record<string, unknown>> = {};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unusable(reason: string): DecodedRunState {
  return { kind: "unusable", reason };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isCountOrNull(value: unknown): value is number | null {
  return value === null || isCount(value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
