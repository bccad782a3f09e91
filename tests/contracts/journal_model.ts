/**
 * Journals as one would write them down without a broker: lists and objects, nothing else. What both brokers are compared
 * with.
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { Entry } from "../../src/domain/entry.ts";
import type { JournalChange, JournalRange, NewJournal } from "../../src/ports/journal_store.ts";

/** One journal. */
interface ModelJournal {
  state: string;
  version: number;
  entries: Entry[];
  lastId: EntryId;
  trimmedId: EntryId;
  entriesAdded: number;
  expires: boolean;
  readonly tokens: Map<string, readonly EntryId[]>;
}

/** A snapshot without what varies. */
export interface ModelSnapshot {
  readonly name: string;
  readonly state: string;
  readonly version: number;
  readonly length: number;
  readonly firstId: EntryId | null;
  readonly lastId: EntryId;
  readonly trimmedId: EntryId;
  readonly entriesAdded: number;
  readonly expires: boolean;
}

/** A refusal, as the name of the error. */
export interface Refusal {
  readonly error: string;
  readonly snapshot?: ModelSnapshot;
}

/** All journals of one space. */
export class JournalModel {
  readonly #journals = new Map<string, ModelJournal>();

  /** The last id of a journal, `null` when there is none. */
  lastIdOf(name: string): EntryId | null {
    return this.#journals.get(name)?.lastId ?? null;
  }

  /** The version of a journal, 0 when there is none. */
  versionOf(name: string): number {
    return this.#journals.get(name)?.version ?? 0;
  }

  create(name: string, options: NewJournal): unknown {
    const present = this.#journals.get(name);
    if (present !== undefined) {
      const ids = present.tokens.get(options.token ?? "");
      return { created: ids !== undefined, snapshot: snapshotOf(name, present), ids: ids ?? [] };
    }
    const journal: ModelJournal = {
      state: "",
      version: 0,
      entries: [],
      lastId: ENTRY_ID_ZERO,
      trimmedId: ENTRY_ID_ZERO,
      entriesAdded: 0,
      expires: false,
      tokens: new Map(),
    };
    const ids = assign(journal, options);
    if (ids === null) return { error: "EntryIdNotIncreasingError" };
    this.#journals.set(name, journal);
    return { created: true, ...this.#apply(name, journal, { change: options, ids }) };
  }

  change(name: string, change: JournalChange): unknown {
    const journal = this.#journals.get(name);
    if (journal === undefined) return { error: "JournalMissingError" };
    const known = journal.tokens.get(change.token ?? "");
    if (known !== undefined) {
      return { already: true, snapshot: snapshotOf(name, journal), ids: known };
    }
    const { ifVersion = journal.version, ifIncarnation } = change;
    if (ifVersion !== journal.version || ifIncarnation !== undefined) {
      return { error: "JournalChangedError", snapshot: snapshotOf(name, journal) };
    }
    const ids = assign(journal, change);
    if (ids === null) return { error: "EntryIdNotIncreasingError" };
    return { already: false, ...this.#apply(name, journal, { change, ids }) };
  }

  load(name: string): unknown {
    const journal = this.#journals.get(name);
    return journal === undefined ? null : snapshotOf(name, journal);
  }

  read(name: string, range: JournalRange): unknown {
    const journal = this.#journals.get(name);
    if (journal === undefined) return null;
    const { afterId, from, to, count, bytesMax = Infinity, touchMs } = range;
    if (touchMs !== undefined) journal.expires = true;
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of journal.entries) {
      if (afterId !== undefined && compareEntryIds(entry.id, afterId) <= 0) continue;
      if (from !== undefined && compareEntryIds(entry.id, from) < 0) continue;
      if (to !== undefined && compareEntryIds(entry.id, to) > 0) break;
      bytes += entry.fields.join("").length;
      if (entries.length === count || (bytes > bytesMax && entries.length > 0)) break;
      entries.push(entry);
    }
    return { entries, snapshot: snapshotOf(name, journal) };
  }

  /** In text order of the names. */
  list(): unknown {
    return [...this.#journals].map(([name, journal]) => snapshotOf(name, journal)).sort(byName);
  }

  delete(name: string, ifVersion: number | undefined): unknown {
    const journal = this.#journals.get(name);
    if (journal === undefined) return false;
    if (ifVersion !== undefined && ifVersion !== journal.version) {
      return { error: "JournalChangedError", snapshot: snapshotOf(name, journal) };
    }
    return this.#journals.delete(name);
  }

  #apply(
    name: string,
    journal: ModelJournal,
    { change, ids }: { readonly change: JournalChange; readonly ids: readonly EntryId[] },
  ): { snapshot: ModelSnapshot; ids: readonly EntryId[] } {
    for (const [index, { fields }] of (change.entries ?? []).entries()) {
      journal.entries.push({ id: ids[index] ?? ENTRY_ID_ZERO, fields });
    }
    journal.lastId = ids.at(-1) ?? journal.lastId;
    journal.entriesAdded += ids.length;
    if (change.state !== undefined) {
      journal.state = change.state;
      journal.version++;
    }
    const { lengthMax = Infinity, expireMs, expireAtMs, token } = change;
    while (journal.entries.length > lengthMax) {
      journal.trimmedId = journal.entries.shift()?.id ?? journal.trimmedId;
    }
    if (expireMs !== undefined) journal.expires = expireMs !== null;
    if (token !== undefined) journal.tokens.set(token, ids);
    if (expireAtMs !== undefined) {
      journal.expires = true;
      this.#journals.delete(name);
    }
    return { snapshot: snapshotOf(name, journal), ids };
  }
}

/** Explicit ids must rise; an assigned one follows the last, which lies in the future. */
function assign(journal: ModelJournal, { entries = [] }: JournalChange): EntryId[] | null {
  const ids: EntryId[] = [];
  let last = journal.lastId;
  for (const { id } of entries) {
    if (id !== undefined && compareEntryIds(id, last) <= 0) return null;
    const [ms = "0", seq = "0"] = last.split("-");
    last = id ?? `${BigInt(ms)}-${BigInt(seq) + 1n}`;
    ids.push(last);
  }
  return ids;
}

function snapshotOf(name: string, journal: ModelJournal): ModelSnapshot {
  const { state, version, entries, lastId, trimmedId, entriesAdded, expires } = journal;
  return {
    name,
    state,
    version,
    length: entries.length,
    firstId: entries[0]?.id ?? null,
    lastId,
    trimmedId,
    entriesAdded,
    expires,
  };
}

/** Orders by name. */
export function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : left.name > right.name ? 1 : 0;
}
