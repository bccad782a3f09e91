/**
 * A moment: everything that a broker's data says at one instant, read raw and in one step, not through the product. The
 * observer looks at many moments during a campaign, the checker at the last one.
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import { isEntryId } from "../../src/domain/entry_id.ts";
import { deadLetterStream } from "../../src/domain/names.ts";

/** The stream that is handled. */
export const SOURCE = "chaos";

/** Where every entry's one output goes: a stream in the same slot. */
export const OUTPUTS = "{chaos}:outputs";

/** Where entries that were given up go. */
export const LETTERS = deadLetterStream(SOURCE);

/** The group of all workers. */
export const GROUP = "campaign";

/** The user's own table, on SQLite: a row for every handled entry, and nothing that keeps a second one out. */
export const USER_TABLE = "handled";

/** An entry to be handled. */
export interface SourceEntry {
  readonly id: EntryId;
  readonly key: string;
  /** Its orders, as they were published. */
  readonly payload: string;
  /** Its handler always throws: it must end as a dead letter, and no other one may. */
  readonly isPoison: boolean;
}

/** What a handler left for an entry: an output, or a row of the user's table. */
export interface Trace {
  readonly sourceId: EntryId;
  readonly key: string;
}

/** An entry that was handed out and is not finished. */
export interface PendingEntry {
  readonly id: EntryId;
  readonly consumer: string;
  readonly idleMs: number;
  readonly deliveries: number;
}

/** How far each list was read before. */
export interface Cursor {
  readonly entries: EntryId;
  readonly outputs: EntryId;
  readonly letters: EntryId;
  readonly rows: number;
}

/** Reads everything. */
export const FROM_THE_BEGINNING: Cursor = {
  entries: ENTRY_ID_ZERO,
  outputs: ENTRY_ID_ZERO,
  letters: ENTRY_ID_ZERO,
  rows: 0,
};

/** One instant. The lists hold what came after the cursor, in the order in which it was appended. */
export interface Moment {
  readonly entries: readonly SourceEntry[];
  readonly outputs: readonly Trace[];
  /** The source ids of dead letters. */
  readonly letters: readonly EntryId[];
  /** Rows of the user's table; `null` where the broker has none. */
  readonly rows: readonly Trace[] | null;
  /** The stored checkpoint's position, `null` before there is one. */
  readonly position: EntryId | null;
  /** The stored done-set. */
  readonly done: readonly EntryId[];
  /** Everything pending, in id order. */
  readonly pending: readonly PendingEntry[];
  /** How often a process has joined under each name. */
  readonly epochs: ReadonlyMap<string, number>;
  /** The highest id handed out, `null` before there is a group. */
  readonly lastDelivered: EntryId | null;
  /** The highest id of the source stream. */
  readonly lastId: EntryId;
  /** Where to read on. */
  readonly next: Cursor;
}

/** A broker's data, read beside the product. */
export interface BrokerData extends AsyncDisposable {
  /** Reads one consistent moment. */
  read(after: Cursor): Promise<Moment>;
}

/** Whether a moment shows that nothing is left to do. */
export function isFinished(moment: Moment): boolean {
  return moment.position !== null && moment.pending.length === 0 && moment.done.length === 0 &&
    compareEntryIds(moment.position, moment.lastId) === 0;
}

/** The value of a field in a flat list of names and values. */
export function fieldOf(fields: readonly unknown[], name: string): string {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const value = fields[at + 1];
    if (fields[at] === name && typeof value === "string") return value;
  }
  throw new Error(`Cannot read an entry: it has no field "${name}"`);
}

/** Reads an entry of the source stream. */
export function sourceEntryOf(id: EntryId, fields: readonly unknown[]): SourceEntry {
  const payload = fieldOf(fields, "payload");
  const data: unknown = JSON.parse(payload);
  const isPoison = typeof data === "object" && data !== null && "isPoison" in data &&
    data.isPoison === true;
  return { id, key: fieldOf(fields, "key"), payload, isPoison };
}

/** Reads an output. */
export function outputOf(fields: readonly unknown[]): Trace {
  return { sourceId: idOf(fieldOf(fields, "source_id")), key: fieldOf(fields, "key") };
}

/** Reads the source id of a dead letter. */
export function letterOf(fields: readonly unknown[]): EntryId {
  const meta: unknown = JSON.parse(fieldOf(fields, "dead_letter"));
  return idOf(typeof meta === "object" && meta !== null && "id" in meta ? meta.id : undefined);
}

/** Checks an id read raw. */
export function idOf(value: unknown): EntryId {
  if (isEntryId(value)) return value;
  throw new Error(`Cannot read the broker's data: ${JSON.stringify(value)} is no entry id`);
}
