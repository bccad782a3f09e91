/**
 * Journals in SQLite.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { type Entry, fieldsByteLength, utf8Length } from "../../domain/entry.ts";
import { ENTRY_ID_MAX, ENTRY_ID_ZERO, sortableEntryId } from "../../domain/entry_id.ts";
import { TidemarkError } from "../../domain/errors.ts";
import { type JournalAddress, type JournalSnapshot, journalText } from "../../domain/journal.ts";
import { JournalChangedError, JournalMissingError } from "../../domain/journal_errors.ts";
import {
  checkChange,
  checkCondition,
  checkJournal,
  checkList,
  checkNewJournal,
  checkRange,
  checkSpace,
  JOURNAL_READ_BYTES_DEFAULT,
  journalCursor,
  journalOfCursor,
} from "../../ports/journal_checks.ts";
import type {
  JournalChange,
  JournalChanged,
  JournalCondition,
  JournalCreated,
  JournalList,
  JournalListOptions,
  JournalPage,
  JournalRange,
  NewJournal,
} from "../../ports/journal_store.ts";
import type { AppendContext } from "./append.ts";
import { decodeFields } from "./fields.ts";
import { applyChange, idsOfToken, makeJournal, touchJournal } from "./journals_change.ts";
import { buryJournal, freeName, removeSome } from "./journals_removal.ts";
import {
  eachJournal,
  findJournal,
  getJournal,
  type JournalRow,
  storedId,
} from "./journals_rows.ts";
import { textOf } from "./rows.ts";
import type { Waiters } from "./waiters.ts";

/** What those who watch journals wait for. No stream can have this name. */
export const JOURNALS_WAKE = "\0journals";

/** One page of a list holds no more states than this, in bytes. */
const LIST_BYTES_MAX = 4_194_304;

/** Behind every journal, in either direction. */
const LIST_ENDS = {
  oldest: { createdAtMs: -1, name: "" },
  newest: { createdAtMs: Number.MAX_SAFE_INTEGER, name: "" },
} as const;

const RANGE = `SELECT id, fields FROM tidemark_journal_entries
  WHERE journal_id = ? AND id >= ? AND id <= ? ORDER BY id LIMIT ?`;
const RANGE_AFTER = `SELECT id, fields FROM tidemark_journal_entries
  WHERE journal_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?`;

/** {@linkcode JournalStore} over one connection, but for watching. Most methods block, as SQLite does. */
export class Journals {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;

  constructor(context: AppendContext, waiters: Waiters) {
    this.#context = context;
    this.#waiters = waiters;
  }

  /** See `JournalStore.createJournal`. */
  create(journal: JournalAddress, options: NewJournal): JournalCreated {
    checkJournal(journal);
    checkNewJournal(options);
    const { connection } = this.#context;
    const result = connection.write(`create journal "${journalText(journal)}"`, () => {
      const nowMs = this.#nowMs();
      const present = findJournal(connection, journal, nowMs);
      if (present !== null) {
        const ids = this.#idsOfToken(present, options.token, nowMs);
        return { created: ids !== null, snapshot: present.snapshot, ids: ids ?? [] };
      }
      freeName(connection, { ...journal, nowMs });
      removeSome(connection, nowMs);
      const journalId = makeJournal(this.#context, journal, nowMs);
      const made = { address: journal, journalId, lastId: ENTRY_ID_ZERO };
      const ids = applyChange(connection, made, { change: options, nowMs });
      return { created: true, snapshot: getJournal(connection, journalId, nowMs), ids };
    });
    this.#waiters.wake(JOURNALS_WAKE);
    return result;
  }

  /** See `JournalStore.changeJournal`. */
  change(journal: JournalAddress, change: JournalChange): JournalChanged {
    checkJournal(journal);
    checkChange(change);
    const { connection } = this.#context;
    const result = connection.write(`change journal "${journalText(journal)}"`, () => {
      const nowMs = this.#nowMs();
      const present = findJournal(connection, journal, nowMs);
      if (present === null) throw new JournalMissingError(journal);
      const known = this.#idsOfToken(present, change.token, nowMs);
      if (known !== null) return { already: true, snapshot: present.snapshot, ids: known };
      checkPresent(present.snapshot, change);
      removeSome(connection, nowMs, 2 * (change.entries?.length ?? 0) + 1);
      const { journalId, snapshot: { lastId } } = present;
      const place = { address: journal, journalId, lastId };
      const ids = applyChange(connection, place, { change, nowMs });
      return { already: false, snapshot: getJournal(connection, journalId, nowMs), ids };
    });
    this.#waiters.wake(JOURNALS_WAKE);
    return result;
  }

  /** See `JournalStore.loadJournal`. */
  load(journal: JournalAddress): JournalSnapshot | null {
    checkJournal(journal);
    const { connection } = this.#context;
    return connection.read(`read journal "${journalText(journal)}"`, () => {
      return findJournal(connection, journal, this.#nowMs())?.snapshot ?? null;
    });
  }

  /** See `JournalStore.readJournal`. */
  read(journal: JournalAddress, range: JournalRange): JournalPage | null {
    checkJournal(journal);
    checkRange(range);
    const { connection } = this.#context;
    const { touchMs } = range;
    const work = (): JournalPage | null => {
      const nowMs = this.#nowMs();
      const row = findJournal(connection, journal, nowMs);
      if (row === null) return null;
      const entries = this.#entries(row, range);
      if (touchMs === undefined) return { entries, snapshot: row.snapshot };
      touchJournal(connection, row.journalId, nowMs + touchMs);
      return { entries, snapshot: { ...row.snapshot, expiresInMs: touchMs } };
    };
    const action = `read journal "${journalText(journal)}"`;
    return touchMs === undefined ? connection.read(action, work) : connection.write(action, work);
  }

  /** See `JournalStore.listJournals`. */
  list(space: string, options: JournalListOptions): JournalList {
    checkSpace(space);
    checkList(options);
    const { limit, newestFirst = false, after } = options;
    const start = newestFirst ? LIST_ENDS.newest : LIST_ENDS.oldest;
    const behind = after === undefined ? start : journalOfCursor(after);
    const { connection } = this.#context;
    return connection.read(`list journals of "${space}"`, () => {
      const place = { space, behind, newestFirst, limit: limit + 1, nowMs: this.#nowMs() };
      const journals: JournalSnapshot[] = [];
      let room = LIST_BYTES_MAX;
      for (const { snapshot } of eachJournal(connection, place)) {
        room -= utf8Length(snapshot.state);
        if (journals.length === limit || (room < 0 && journals.length > 0)) {
          return { journals, next: cursorOf(journals.at(-1)) };
        }
        journals.push(snapshot);
      }
      return { journals, next: null };
    });
  }

  /** See `JournalStore.deleteJournal`. Its rows follow in pieces, between which others have their turn. */
  async delete(journal: JournalAddress, condition: JournalCondition): Promise<boolean> {
    checkJournal(journal);
    checkCondition(condition);
    const { connection } = this.#context;
    const action = `delete journal "${journalText(journal)}"`;
    const existed = connection.write(action, () => {
      const nowMs = this.#nowMs();
      const outcome = buryJournal(connection, { ...journal, nowMs }, condition);
      const present = outcome === "changed" ? findJournal(connection, journal, nowMs) : null;
      if (present !== null) throw new JournalChangedError(present.snapshot);
      return outcome === "gone";
    });
    this.#waiters.wake(JOURNALS_WAKE);
    while (existed && this.#removeMore(action)) {
      await new Promise<void>((resolve) => void setImmediate(() => resolve()));
    }
    return existed;
  }

  /** Goes on removing; where that fails, the journal is gone all the same, and later calls remove what is left. */
  #removeMore(action: string): boolean {
    const { connection } = this.#context;
    try {
      return connection.write(action, () => removeSome(connection, this.#nowMs()));
    } catch (error) {
      if (error instanceof TidemarkError) return false;
      throw error;
    }
  }

  #entries({ journalId, snapshot }: JournalRow, range: JournalRange): Entry[] {
    const { afterId, from = ENTRY_ID_ZERO, to = ENTRY_ID_MAX, count } = range;
    let room = range.bytesMax ?? JOURNAL_READ_BYTES_DEFAULT;
    const statement = this.#context.connection.statement(
      afterId === undefined ? RANGE : RANGE_AFTER,
    );
    const first = sortableEntryId(afterId ?? from);
    const entries: Entry[] = [];
    for (const row of statement.iterate(journalId, first, sortableEntryId(to), count)) {
      const fields = decodeFields(textOf(row.fields));
      room -= fieldsByteLength(fields);
      if (room < 0 && entries.length > 0) break;
      entries.push({ id: storedId(snapshot.journal, "entries", textOf(row.id)), fields });
    }
    return entries;
  }

  #idsOfToken(row: JournalRow, token: string | undefined, nowMs: number) {
    if (token === undefined) return null;
    return idsOfToken(this.#context.connection, row, { token, nowMs });
  }

  #nowMs(): number {
    return Math.floor(this.#context.clock.nowMs());
  }
}

/** @throws {JournalChangedError} When it is not the wanted version or life. */
function checkPresent(
  snapshot: JournalSnapshot,
  wanted: Pick<JournalChange, "ifVersion" | "ifIncarnation">,
): void {
  const { ifVersion = snapshot.version, ifIncarnation = snapshot.incarnation } = wanted;
  if (ifVersion === snapshot.version && ifIncarnation === snapshot.incarnation) return;
  throw new JournalChangedError(snapshot);
}

function cursorOf(snapshot: JournalSnapshot | undefined): string | null {
  return snapshot === undefined ? null : journalCursor(snapshot.createdAtMs, snapshot.journal.name);
}
