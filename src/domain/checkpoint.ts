/**
 * The checkpoint: how far a group has finished a stream. It only ever moves forward within one life (incarnation) of
 * the stream.
 *
 * @module
 */

import { compareEntryIds, type EntryId, isEntryId } from "./entry_id.ts";

/** The version of the stored form. A reader refuses newer ones (V9). */
export const CHECKPOINT_SCHEMA = 1;

/** How far one group has finished one stream, as one of its consumers saved it. */
export interface Checkpoint {
  /** Version of the stored form, {@linkcode CHECKPOINT_SCHEMA}. */
  readonly schema: number;
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer whose commit moved it last. */
  readonly consumer: string;
  /** Which life of the stream it speaks of. */
  readonly incarnation: string;
  /** The low watermark: every entry at or below is finished. */
  readonly position: EntryId;
  /** Ids finished above the position, ascending. */
  readonly done: readonly EntryId[];
  /** The epoch of the consumer that saved it; from 1. */
  readonly epoch: number;
  /** When it was saved, in ms since 1970 by the broker's clock. */
  readonly savedAtMs: number;
}

/** What {@linkcode decodeCheckpoint} found: a checkpoint, nothing, or something that must not be resumed from (V9). */
export type DecodedCheckpoint =
  | { readonly kind: "none" }
  | { readonly kind: "valid"; readonly checkpoint: Checkpoint }
  | { readonly kind: "unusable"; readonly reason: string };

/**
 * Reads a stored checkpoint of unknown origin. Total: rubbish gives a reason, never a throw.
 *
 * @param stored `null` or `undefined` for none; a record or JSON text.
 * @param expected The stream and group that it must speak of.
 */
export function decodeCheckpoint(
  stored: unknown,
  expected: { readonly stream: string; readonly group: string },
): DecodedCheckpoint {
  if (stored === null || stored === undefined) return { kind: "none" };
  const record = typeof stored === "string" ? parseRecord(stored) : stored;
  if (!isRecord(record)) return unusable("it is not a record");
  const { schema, stream, group, consumer, incarnation, position, done, epoch, savedAtMs } = record;
  if (typeof schema !== "number" || !Number.isInteger(schema) || schema < 1) {
    return unusable("its schema version is missing");
  }
  if (schema > CHECKPOINT_SCHEMA) {
    return unusable(`its schema version ${schema} is newer than ${CHECKPOINT_SCHEMA}`);
  }
  if (stream !== expected.stream) return unusable("it belongs to another stream");
  if (group !== expected.group) return unusable("it belongs to another group");
  if (typeof consumer !== "string") return unusable("its consumer is missing");
  if (typeof incarnation !== "string" || incarnation === "") {
    return unusable("its incarnation is missing");
  }
  if (!isEntryId(position)) return unusable("its position is not an entry id");
  if (!Array.isArray(done) || !done.every(isEntryId)) {
    return unusable("its done-set is not a list of entry ids");
  }
  if (!isCount(epoch)) return unusable("its epoch is not a whole number");
  if (!isCount(savedAtMs)) return unusable("its time is not a whole number");
  return {
    kind: "valid",
    checkpoint: {
      schema,
      stream: expected.stream,
      group: expected.group,
      consumer,
      incarnation,
      position,
      // Each once: by its size it is told which of two checkpoints is newer.
      done: [...new Set(done)].filter((id) => compareEntryIds(id, position) > 0)
        .sort(compareEntryIds),
      epoch,
      savedAtMs,
    },
  };
}

/**
 * Tells whether a checkpoint may replace another one: never backwards within one incarnation, and between processes
 * that share the consumer's name the newer epoch wins a tie.
 */
export function checkpointIsNewer(candidate: Checkpoint, stored: Checkpoint): boolean {
  if (candidate.incarnation !== stored.incarnation) return true;
  const order = compareEntryIds(candidate.position, stored.position);
  if (order !== 0) return order > 0;
  return candidate.done.length > stored.done.length ||
    (candidate.done.length === stored.done.length && candidate.epoch >= stored.epoch);
}

/** By what a stored checkpoint is known again: its incarnation and position as they are, empty where there is none. */
export function checkpointMark(stored: unknown): { incarnation: string; position: string } {
  const { incarnation, position } = isRecord(stored) ? stored : {};
  return {
    incarnation: typeof incarnation === "string" ? incarnation : "",
    position: typeof position === "string" ? position : "",
  };
}

function unusable(reason: string): DecodedCheckpoint {
  return { kind: "unusable", reason };
}

function parseRecord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
