/**
 * Copying entries to a stream exactly once, however often it is tried: each goes under an idempotency key of its own,
 * in appends that are all or none, one after the other. So a copy that is killed leaves the first part of its work
 * behind, and the next one goes on where that ends.
 *
 * @module
 */

import { type EntryFields, fieldsByteLength } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import type { StreamStore } from "../ports/stream_store.ts";
import { patiently } from "./patient.ts";

/** One entry to copy. */
export interface Copy {
  /** The id of what is copied, for people. */
  readonly id: EntryId;
  /** The same for the same entry, whenever it is copied. */
  readonly idempotencyKey: string;
  /** Names and values in turn. */
  readonly fields: EntryFields;
}

/** Where to and how. */
export interface CopyOptions {
  /** Where the stream is. */
  readonly broker: StreamStore;
  /** The stream that gets the entries. */
  readonly target: string;
  /** How long the keys are remembered, in ms. */
  readonly windowMs: number;
  /** Ends it between two appends, and the waiting for a broker that is away. */
  readonly signal: AbortSignal;
  /** Called with what an append has brought to the target, now or before. */
  readonly onCopied?: (copies: readonly Copy[]) => Promise<void>;
}

/** What became of some copies. */
export interface CopyCounts {
  /** Appended now. */
  copied: number;
  /** Known by their keys: an earlier copy had appended them. */
  known: number;
  /** Ids of those that the broker does not take: more fields than it can append exactly once. */
  readonly refused: EntryId[];
}

/** One append takes at most so many entries, bytes, and names and values, so that it holds up nobody for long. */
const ENTRIES_MAX = 500;
const BYTES_MAX = 4_194_304;
const PARTS_MAX = 50_000;

/**
 * Copies entries, in order.
 *
 * @param counts Kept up to date, also when it fails half-way.
 * @throws {BrokerUnavailableError} or {UnknownOutcomeError} When the broker stayed away; it may be tried again.
 */
export async function copyOnce(
  copies: readonly Copy[],
  counts: CopyCounts,
  options: CopyOptions,
): Promise<void> {
  for (const group of appendsOf(copies)) {
    if (options.signal.aborted) return;
    if (await appendAll(group, counts, options)) continue;
    // One of them cannot be appended, and so none was: the others go alone.
    for (const copy of group) {
      if (!await appendAll([copy], counts, options)) counts.refused.push(copy.id);
    }
  }
}

/** @returns `false` when the broker does not take them. */
async function appendAll(
  copies: readonly Copy[],
  counts: CopyCounts,
  options: CopyOptions,
): Promise<boolean> {
  const { broker, target, windowMs, signal } = options;
  const entries = copies.map(({ fields, idempotencyKey }) => ({ fields, idempotencyKey }));
  try {
    const results = await patiently(
      () => broker.append(target, entries, { idempotencyWindowMs: windowMs }),
      signal,
    );
    for (const { duplicate } of results) {
      if (duplicate) counts.known++;
      else counts.copied++;
    }
  } catch (error) {
    if (error instanceof InvalidOptionError) return false;
    throw error;
  }
  await options.onCopied?.(copies);
  return true;
}

function* appendsOf(copies: readonly Copy[]): Generator<Copy[]> {
  let group: Copy[] = [];
  let bytes = 0;
  let parts = 0;
  for (const copy of copies) {
    const ownBytes = fieldsByteLength(copy.fields);
    const isFull = group.length === ENTRIES_MAX || bytes + ownBytes > BYTES_MAX ||
      parts + copy.fields.length > PARTS_MAX;
    if (isFull && group.length > 0) {
      yield group;
      group = [];
      bytes = 0;
      parts = 0;
    }
    group.push(copy);
    bytes += ownBytes;
    parts += copy.fields.length;
  }
  if (group.length > 0) yield group;
}
