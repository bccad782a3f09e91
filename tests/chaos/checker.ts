/**
 * The checker: what is wrong with a broker's data at the end of a campaign. It knows nothing of what the workers did.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import type { Moment, SourceEntry, Trace } from "./moment.ts";

/** What the traces of handlers (outputs, or rows) say of the entries. */
export interface TraceFaults {
  /** Entries without one. */
  readonly missing: readonly EntryId[];
  /** Entries with more than one. */
  readonly duplicate: readonly EntryId[];
  /** Source ids whose trace comes after that of a later entry of the same key. */
  readonly disordered: readonly EntryId[];
  /** Source ids of no entry, or with another key than their entry. */
  readonly fabricated: readonly EntryId[];
}

/** What was found at the end. */
export interface Findings {
  readonly entries: number;
  readonly outputs: number;
  readonly deadLetters: number;
  /** Entries that were published and are not in the stream. */
  readonly unpublished: number;
  /** Entries with neither output nor dead letter. */
  readonly lost: readonly EntryId[];
  /** Entries with more than one of output and dead letter together. */
  readonly duplicate: readonly EntryId[];
  readonly disordered: readonly EntryId[];
  readonly fabricated: readonly EntryId[];
  /** Poison with an output, or a dead letter of an entry that is none. */
  readonly wrongFate: readonly EntryId[];
  readonly leftPending: readonly EntryId[];
  readonly leftDone: readonly EntryId[];
  /** Whether the checkpoint stands at the last id. */
  readonly checkpointIsLast: boolean;
  /** How many rows the user's table has, and what is wrong with them; `null` without a table. */
  readonly rows: { readonly count: number; readonly faults: TraceFaults } | null;
}

/**
 * Checks the last moment, read from the beginning.
 *
 * @param expected How many entries were published.
 */
export function check(moment: Moment, expected: number): Findings {
  const { entries, outputs, letters, rows } = moment;
  const poison = entries.filter((entry) => entry.isPoison);
  const healthy = entries.filter((entry) => !entry.isPoison);
  const dead = new Set(letters);
  const keys = new Map(entries.map(({ id, key }) => [id, key]));
  const fates = [
    ...outputs,
    ...letters.map((sourceId) => ({ sourceId, key: keys.get(sourceId) ?? "" })),
  ];
  const counted = faultsOf(entries, fates);
  const ordered = faultsOf(entries, outputs);
  const withOutput = new Set(outputs.map((output) => output.sourceId));
  return {
    entries: entries.length,
    outputs: outputs.length,
    deadLetters: letters.length,
    unpublished: expected - entries.length,
    lost: counted.missing,
    duplicate: counted.duplicate,
    disordered: ordered.disordered,
    fabricated: counted.fabricated,
    wrongFate: [
      ...poison.filter(({ id }) => withOutput.has(id)),
      ...healthy.filter(({ id }) => dead.has(id)),
    ].map(({ id }) => id),
    leftPending: moment.pending.map(({ id }) => id),
    leftDone: moment.done,
    checkpointIsLast: moment.position === moment.lastId,
    rows: rows === null ? null : { count: rows.length, faults: faultsOf(healthy, rows) },
  };
}

function faultsOf(entries: readonly SourceEntry[], traces: readonly Trace[]): TraceFaults {
  const keys = new Map(entries.map(({ id, key }) => [id, key]));
  const seen = new Set<EntryId>();
  const latest = new Map<string, EntryId>();
  const duplicate = new Set<EntryId>();
  const disordered: EntryId[] = [];
  const fabricated: EntryId[] = [];
  for (const { sourceId, key } of traces) {
    if (keys.get(sourceId) !== key) fabricated.push(sourceId);
    if (seen.has(sourceId)) duplicate.add(sourceId);
    seen.add(sourceId);
    const before = latest.get(key);
    if (before !== undefined && compareEntryIds(sourceId, before) < 0) disordered.push(sourceId);
    else latest.set(key, sourceId);
  }
  const missing = entries.filter(({ id }) => !seen.has(id)).map(({ id }) => id);
  return { missing, duplicate: [...duplicate], disordered, fabricated };
}
