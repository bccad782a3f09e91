/**
 * The port for consumer groups as seen by an operator: make, look at and remove them. Nothing here destroys entries
 * that are not finished unless told to.
 *
 * Every method may throw what `StreamStore` methods may, and `StreamMissingError` where the stream is missing.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";

/**
 * Where a new group begins: at the first entry, after the last one, after an id, or at the first entry of a time
 * (ms since 1970; a time in the future means the end).
 */
export type StartPosition =
  | "beginning"
  | "end"
  | { readonly afterId: EntryId }
  | { readonly fromTimeMs: number };

/** What is known of a group. */
export interface GroupInfo {
  /** Its name. */
  readonly group: string;
  /** The highest id that was handed out. Not what is finished (T1). */
  readonly lastDeliveredId: EntryId;
  /** How many entries are pending. */
  readonly pendingCount: number;
  /** The lowest pending id, `null` for none. */
  readonly firstPendingId: EntryId | null;
  /** How many consumers it knows. */
  readonly consumerCount: number;
  /** Entries not yet handed out, `null` where the broker cannot tell (T14). */
  readonly lag: number | null;
  /**
   * How many entries were counted as lost because their data was gone before they were handled: pending ones, and those
   * that the group had not read.
   */
  readonly lostCount: number;
}

/** What is known of a consumer. */
export interface ConsumerInfo {
  /** Its name. */
  readonly consumer: string;
  /** How many entries are pending for it. */
  readonly pendingCount: number;
  /** Its epoch: how often a process has joined under this name; 0 for a foreign one. */
  readonly epoch: number;
  /** Its last committed position, `null` when it never committed. */
  readonly position: EntryId | null;
}

/** One pending entry. */
export interface PendingEntry {
  /** Its id. */
  readonly id: EntryId;
  /** Whose it is. */
  readonly consumer: string;
  /** Since when nobody renewed it, in ms. */
  readonly idleMs: number;
  /** How often it was handed out. */
  readonly deliveries: number;
}

/** Which pending entries to list. */
export interface PendingOptions {
  /** Only this consumer's. */
  readonly consumer?: string;
  /** Only those idle for at least so long, in ms. */
  readonly idleMsMin?: number;
  /** Only those after this id. */
  readonly afterId?: EntryId;
  /** At most so many; 1 to 10,000. */
  readonly count: number;
}

/** What a reset did. */
export interface ResetResult {
  /** The id after which the group reads on; everything at or below counts as finished. */
  readonly position: EntryId;
  /** How many pending entries were dropped, of all consumers together. */
  readonly droppedCount: number;
  /** How many consumers have to join again: calls of their present epochs are refused. */
  readonly fencedCount: number;
}

/** A checkpoint that was moved aside, because it could not be used (V9) or a group began anew. */
export interface QuarantinedCheckpoint {
  /** When it was moved aside, in ms since 1970 by the broker's clock. */
  readonly movedAtMs: number;
  /** The checkpoint as it was found. Give it to `decodeCheckpoint`. */
  readonly stored: unknown;
}

/** Whom a checkpoint names as its consumer when it was not a consumer that wrote it, but `resetGroup`. */
export const RESET_CONSUMER = "tidemark:reset";

/** Groups as an operator sees them. */
export interface GroupStore {
  /**
   * Makes a group.
   *
   * @param options `createStream`: make the stream when it is missing; default false.
   * @returns `false` when the group exists; its position is left alone. Idempotent.
   * @throws {StreamMissingError} When there is no stream and `createStream` is not set.
   * @throws {StartBeyondEndError} When `afterId` lies beyond the last entry (T4).
   */
  createGroup(
    stream: string,
    group: string,
    start: StartPosition,
    options?: { readonly createStream?: boolean },
  ): Promise<boolean>;

  /**
   * Removes a group with its checkpoint, and with those of it that were moved aside.
   *
   * @param options `force`: also when entries are pending; they are then never handled by it.
   * @returns `false` when there is none. Idempotent.
   * @throws {PendingEntriesError} When entries are pending and `force` is not set.
   */
  deleteGroup(
    stream: string,
    group: string,
    options?: { readonly force?: boolean },
  ): Promise<boolean>;

  /**
   * Moves a group and its checkpoint to a position, in any direction and in one step: a new life for the group, in which
   * nothing of the former one counts. The present checkpoint is moved aside, the done-set emptied, what is noted of
   * failures, keys and waiting entries forgotten, and every consumer's epoch ended: whoever is at work is refused its
   * next commit with `GroupResetError` instead of committing into the new life, and joins again. A group that is gone,
   * but has left a checkpoint, is made again. Not idempotent, but harmless to repeat.
   *
   * @param start As for `createGroup`.
   * @param options `force`: also when entries are pending; they are dropped, and handed out again only if they lie above
   * the position.
   * @throws {GroupMissingError} When there is neither a group nor anything left of one.
   * @throws {PendingEntriesError} When entries are pending and `force` is not set; nothing has changed.
   * @throws {StartBeyondEndError} When `afterId` lies beyond the last entry (T4).
   */
  resetGroup(
    stream: string,
    group: string,
    start: StartPosition,
    options?: { readonly force?: boolean },
  ): Promise<ResetResult>;

  /** The checkpoints of a group that were moved aside, newest first, at most 100; empty for none. */
  listQuarantined(stream: string, group: string): Promise<QuarantinedCheckpoint[]>;

  /** All groups of a stream, in text order; empty when the stream is missing. */
  listGroups(stream: string): Promise<GroupInfo[]>;

  /** All consumers of a group that have pending entries or an epoch, in text order. */
  listConsumers(stream: string, group: string): Promise<ConsumerInfo[]>;

  /**
   * Forgets a consumer's name, if nothing is pending for it (T12, T13). Checked and done in one step.
   *
   * @returns `false` when there is none. Idempotent.
   * @throws {PendingEntriesError} When entries are pending for it.
   */
  deleteConsumer(stream: string, group: string, consumer: string): Promise<boolean>;

  /** Pending entries in id order. Costs the broker time in proportion to what it passes over. */
  listPending(stream: string, group: string, options: PendingOptions): Promise<PendingEntry[]>;
}
