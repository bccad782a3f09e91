/**
 * Short words for the usual calls of the journal port, so that a test reads as a story.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { JournalAddress, JournalSnapshot } from "../../src/domain/journal.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { JournalChange, JournalEntry } from "../../src/ports/journal_store.ts";
import type { JournalNews, JournalWatch } from "../../src/ports/journal_watch.ts";
import { idOf } from "./contract.ts";

/** The journal of a test that needs only one. */
export const RUN: JournalAddress = { space: "runs", name: "7" };

/** A journal without entries, as `lasting` shows it. */
export const EMPTY = {
  journal: RUN,
  state: "{}",
  version: 1,
  length: 0,
  firstId: null,
  lastId: "0-0",
  trimmedId: "0-0",
  entriesAdded: 0,
  expires: false,
};

/** Longer than any test runs. */
export const LONG_MS = 600_000;

/** A journal of the same space. */
export function run(name: string): JournalAddress {
  return { space: "runs", name };
}

/** Entries with explicit ids, each saying its own. */
export function entries(...ids: string[]): JournalEntry[] {
  return ids.map((id) => ({ id: idOf(id), fields: ["n", id] }));
}

/** So many entries without ids. */
export function unnumbered(count: number, from = 1): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => ({ fields: ["n", String(from + index)] }));
}

/** Makes a journal whose state is `{}`. */
export async function make(
  broker: Broker,
  journal: JournalAddress = RUN,
  ...ids: string[]
): Promise<JournalSnapshot> {
  return (await broker.createJournal(journal, { state: "{}", entries: entries(...ids) })).snapshot;
}

/** Changes the journal of the test. */
export async function change(broker: Broker, changes: JournalChange): Promise<JournalSnapshot> {
  return (await broker.changeJournal(RUN, changes)).snapshot;
}

/** Ids of entries, in order. */
export function idsOf(list: readonly { readonly id: EntryId }[]): EntryId[] {
  return list.map(({ id }) => id);
}

/** The ids in a journal, all of them. */
export async function held(broker: Broker, journal: JournalAddress = RUN): Promise<EntryId[]> {
  const page = await broker.readJournal(journal, { afterId: ENTRY_ID_ZERO, count: 10_000 });
  return idsOf(page?.entries ?? []);
}

/** What does not vary: everything but times and the mark of its life. */
export function lasting(snapshot: JournalSnapshot | null): unknown {
  if (snapshot === null) return null;
  const { incarnation: _life, createdAtMs: _time, expiresInMs, ...rest } = snapshot;
  return { ...rest, expires: expiresInMs !== null };
}

/** Watches journals and writes down what it is told. */
export class Listener {
  /** `7 | 1-0 2-0 | v1` for entries and version, `7 | gone`, `7 | gap 1-0..3-0 (2) | …`. */
  readonly told: string[] = [];
  /** Names of errors, with the journal's name where it is of one journal. */
  readonly troubles: string[] = [];
  readonly watch: JournalWatch;

  constructor(
    broker: Broker,
    options: {
      readonly bytesMax?: number;
      readonly onNews?: (news: JournalNews) => void | Promise<void>;
      readonly onTrouble?: () => void;
    } = {},
  ) {
    const { onNews = () => {}, onTrouble = () => {}, ...rest } = options;
    this.watch = broker.watchJournals({
      ...rest,
      onNews: (news) => {
        this.told.push(textOf(news));
        return onNews(news);
      },
      onTrouble: (error, journal) => {
        this.troubles.push(journal === null ? error.name : `${journal.name} ${error.name}`);
        onTrouble();
      },
    });
  }

  /** All entries that were told of a journal, in order. */
  entriesOf(name: string): string[] {
    return this.told.filter((text) => text.startsWith(`${name} | `))
      .flatMap((text) => text.split(" | ").at(-2)?.split(" ") ?? [])
      .filter((id) => /^\d+-\d+$/.test(id));
  }

  /** How many entries of a journal were told to be missing. */
  missingOf(name: string): number {
    return this.told.filter((text) => text.startsWith(`${name} | gap `))
      .reduce((sum, text) => sum + Number(/\((\w+)\)/.exec(text)?.[1]), 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.watch[Symbol.asyncDispose]();
  }
}

function textOf({ journal, gap, entries, snapshot }: JournalNews): string {
  if (snapshot === null) return `${journal.name} | gone`;
  const ids = idsOf(entries).join(" ");
  const parts = [journal.name, ids, `v${snapshot.version}`];
  if (gap !== null) parts.splice(1, 0, `gap ${gap.afterId}..${gap.untilId} (${gap.count})`);
  return parts.join(" | ");
}
