/**
 * What is kept of a stream beside its bytes: its settings, whether it is closed, and how far its writers are. It is the
 * state document of the stream's journal, so it changes together with the entries or not at all.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import { ENTRY_ID_ZERO, isEntryId } from "../../domain/entry_id.ts";
import type { JournalSnapshot } from "../../domain/journal.ts";
import { streamDamaged } from "./refusals.ts";

/** One request of a producer: who, in which of his lives, and the number in it. */
export interface ProducerStep {
  /** Chosen by the producer. */
  readonly id: string;
  /** From 0. */
  readonly epoch: number;
  /** From 0 in each epoch. */
  readonly seq: number;
}

/** How far a producer is. */
export interface ProducerState extends ProducerStep {
  /** When it was last heard of, in ms since 1970. */
  readonly heardAtMs: number;
}

/** How long a stream lives. At most one of both. */
export interface Lifetime {
  /** Seconds without a read or a write; `null`: not so. */
  readonly ttlSeconds: number | null;
  /** A time, as it was given (RFC 3339); `null`: never. */
  readonly expiresAt: string | null;
}

/** What a fork was asked to be, to know the same request again. */
export interface ForkOrigin {
  /** The name of the source. */
  readonly source: string;
  /** The source's life. */
  readonly incarnation: string;
  /** The offset that was asked for, `null` for the tail. */
  readonly offset: string | null;
  /** How far behind that, in bytes or messages. */
  readonly subOffset: number;
  /** The lifetime that was asked for, before the source's was inherited. */
  readonly lifetime: Lifetime;
}

/** A stream's state. */
export interface StreamState {
  /** As its creator gave it. */
  readonly contentType: string;
  /** How long it lives. */
  readonly lifetime: Lifetime;
  /** No more can be appended. */
  readonly closed: boolean;
  /** The producer's request that closed it; `null` when none did. */
  readonly closedBy: ProducerStep | null;
  /** `deleted`: only a tombstone for its forks. `copying`: a fork that is not complete. */
  readonly phase: "live" | "copying" | "deleted";
  /** What it was forked from, `null` for nothing. */
  readonly fork: ForkOrigin | null;
  /** The highest `Stream-Seq`, `null` for none. */
  readonly lastSeq: string | null;
  /** How far its producers are. */
  readonly producers: readonly ProducerState[];
  /** What lies at or below this was trimmed from the source before it was forked. */
  readonly floorId: EntryId;
}

/** The state of a new stream. */
export function newStreamState(
  contentType: string,
  { lifetime, closed }: Pick<StreamState, "lifetime" | "closed">,
): StreamState {
  return {
    contentType,
    lifetime,
    closed,
    closedBy: null,
    phase: "live",
    fork: null,
    lastSeq: null,
    producers: [],
    floorId: ENTRY_ID_ZERO,
  };
}

/** A state as text. */
export function writeState(state: StreamState): string {
  return JSON.stringify(state);
}

/**
 * The state of a stream's journal.
 *
 * @throws {ProblemError} When somebody else has written to it.
 */
export function readState(snapshot: JournalSnapshot): StreamState {
  let value: unknown;
  try {
    value = JSON.parse(snapshot.state);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (isStreamState(value)) return value;
  throw streamDamaged();
}

function isStreamState(value: unknown): value is StreamState {
  return isRecord(value) && typeof value.contentType === "string" &&
    isLifetime(value.lifetime) && typeof value.closed === "boolean" &&
    (value.closedBy === null || isStep(value.closedBy)) &&
    (value.phase === "live" || value.phase === "copying" || value.phase === "deleted") &&
    (value.fork === null || isForkOrigin(value.fork)) &&
    isTextOrNull(value.lastSeq) && isEntryId(value.floorId) &&
    Array.isArray(value.producers) &&
    value.producers.every((each) => isStep(each) && isRecord(each) && isNumber(each.heardAtMs));
}

function isForkOrigin(value: unknown): value is ForkOrigin {
  return isRecord(value) && typeof value.source === "string" &&
    typeof value.incarnation === "string" && isTextOrNull(value.offset) &&
    isNumber(value.subOffset) && isLifetime(value.lifetime);
}

function isLifetime(value: unknown): value is Lifetime {
  return isRecord(value) && isTextOrNull(value.expiresAt) &&
    (value.ttlSeconds === null || isNumber(value.ttlSeconds));
}

function isStep(value: unknown): value is ProducerStep {
  return isRecord(value) && typeof value.id === "string" && isNumber(value.epoch) &&
    isNumber(value.seq);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
