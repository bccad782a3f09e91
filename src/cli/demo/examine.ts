/**
 * The judge of the demo: compares what went in with what came out. Pure, so that a test can show that it finds what is
 * missing, double or out of order.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../domain/entry_id.ts";

/** An event that was published. */
export interface PublishedEvent {
  readonly id: EntryId;
  readonly key: string | undefined;
  /** What a right output of it says. */
  readonly digest: string;
}

/** An output that was found. */
export interface FoundOutput {
  /** The event that it was made from. */
  readonly sourceId: EntryId | undefined;
  /** What it says. */
  readonly digest: string;
}

/** What the judge found. */
export interface Findings {
  /** Events published. */
  readonly events: number;
  /** Outputs found. */
  readonly outputs: number;
  /** Outputs of an event that has one already. */
  readonly duplicates: number;
  /** Events without an output. */
  readonly lost: number;
  /** Outputs that come after the output of a later event of the same key. */
  readonly outOfOrder: number;
  /** Outputs that belong to no event, or do not say what they should. */
  readonly wrong: number;
}

/**
 * Compares.
 *
 * @param published In any order.
 * @param outputs In the order in which they stand in their stream.
 */
export function examine(
  published: readonly PublishedEvent[],
  outputs: readonly FoundOutput[],
): Findings {
  const sources = new Map(published.map((event) => [event.id, event]));
  const seen = new Set<EntryId>();
  const latestOfKey = new Map<string, EntryId>();
  const counts = { duplicates: 0, outOfOrder: 0, wrong: 0 };
  for (const { sourceId, digest } of outputs) {
    const source = sourceId === undefined ? undefined : sources.get(sourceId);
    if (source === undefined || source.digest !== digest) counts.wrong++;
    if (source === undefined) continue;
    if (seen.has(source.id)) counts.duplicates++;
    seen.add(source.id);
    if (source.key === undefined) continue;
    const latest = latestOfKey.get(source.key);
    if (latest !== undefined && compareEntryIds(source.id, latest) < 0) counts.outOfOrder++;
    else latestOfKey.set(source.key, source.id);
  }
  return {
    events: sources.size,
    outputs: outputs.length,
    lost: sources.size - seen.size,
    ...counts,
  };
}

/** Whether everything is there once and in order. */
export function isExactlyOnce(findings: Findings): boolean {
  const { duplicates, lost, outOfOrder, wrong } = findings;
  return duplicates === 0 && lost === 0 && outOfOrder === 0 && wrong === 0;
}
