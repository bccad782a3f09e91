/**
 * A stream as a plain list: what was appended to it, and what of that is still there.
 *
 * @module
 */

import { type EntryFields, fieldValue } from "../../src/domain/entry.ts";
import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";

/** One stream. */
export class StreamModel {
  exists = false;
  lastId: EntryId = ENTRY_ID_ZERO;
  entriesAdded = 0;
  /** Those that are there. In order of their ids, as they were appended. */
  readonly entries = new Map<EntryId, EntryFields>();
  /** The key of every entry that ever was, `null` for none. */
  readonly #keys = new Map<EntryId, string | null>();

  /** Whether the data of an entry is there. */
  has(id: EntryId): boolean {
    return this.entries.has(id);
  }

  /** The key of an entry, in a spelling that tells text from bytes. */
  keyOf(id: EntryId): string | null {
    return this.#keys.get(id) ?? null;
  }

  /** Ids of entries after an id, ascending. */
  after(id: EntryId): EntryId[] {
    return [...this.entries.keys()].filter((each) => compareEntryIds(each, id) > 0);
  }

  /** Every id that was ever given, ascending. */
  everyId(): EntryId[] {
    return [...this.#keys.keys()];
  }

  append(id: EntryId, fields: EntryFields): void {
    const key = fieldValue(fields, "key");
    this.exists = true;
    this.lastId = id;
    this.entriesAdded++;
    this.entries.set(id, fields);
    this.#keys.set(id, key === undefined ? null : JSON.stringify(key));
  }

  /** Removes what a trim removes. @returns How many. */
  trim(bound: { readonly lengthMax: number } | { readonly beforeId: EntryId }): number {
    const ids = [...this.entries.keys()];
    const gone = "lengthMax" in bound
      ? ids.slice(0, Math.max(0, ids.length - bound.lengthMax))
      : ids.filter((id) => compareEntryIds(id, bound.beforeId) < 0);
    for (const id of gone) this.entries.delete(id);
    return gone.length;
  }

  delete(): void {
    this.exists = false;
    this.lastId = ENTRY_ID_ZERO;
    this.entriesAdded = 0;
    this.entries.clear();
    this.#keys.clear();
  }
}
