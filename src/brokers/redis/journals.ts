/**
 * Journals on Redis: a hash of facts and a stream of entries each, changed together by a script.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Entry, utf8Length } from "../../domain/entry.ts";
import { ENTRY_ID_MAX } from "../../domain/entry_id.ts";
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
} from "../../ports/journal_checks.ts";
import type {
  JournalList,
  JournalListOptions,
  JournalPage,
  JournalRange,
  JournalStore,
} from "../../ports/journal_store.ts";
import { entryOf, mayBeDamaged, valueOfBytes } from "./entries.ts";
import { changeArguments } from "./journals_arguments.ts";
import { journalKeys, journalPrefixes, listKeys, newsChannel } from "./journals_keys.ts";
import { answerOf, refusalOf, snapshotOf } from "./journals_replies.ts";
import { idOf, listOf, orNull, textOf } from "./replies.ts";
import {
  LIST_JOURNALS,
  PRUNE_JOURNALS,
  READ_JOURNAL,
  TOUCH_JOURNAL,
} from "./scripts/journal_reading.lua.ts";
import { CHANGE_JOURNAL, DELETE_JOURNAL } from "./scripts/journals.lua.ts";
import type { Session } from "./session.ts";

/** One page of a list holds no more states than this, in bytes: some milliseconds of the server's time. */
const LIST_BYTES_MAX = 4_194_304;

/** Places of a list that one script looks at, at least: many may be gone. */
const LIST_LOOKS_MIN = 100;

/** The methods for journals, but for watching them. */
export function journalStore(session: Session): Omit<JournalStore, "watchJournals"> {
  const { commands, random } = session;

  async function readPage(
    journal: JournalAddress,
    range: JournalRange,
  ): Promise<JournalPage | null> {
    const script = range.touchMs === undefined ? READ_JOURNAL : TOUCH_JOURNAL;
    const keys = journalKeys(journal);
    const args = rangeArguments(journal, range);
    const context = { action: `read journal "${journalText(journal)}"`, reads: true, keys };
    const answer = answerOf(await commands.run(script, keys, args, context));
    if (answer.word === "missing") return null;
    if (answer.word !== "read") throw refusalOf(answer, { journal, ids: [] });
    const entries = answer.list.map(entryOf);
    if (!entries.some(mayBeDamaged)) {
      return { entries, snapshot: snapshotOf(journal, answer.snapshot) };
    }
    // Once more, as bytes and as a whole: entries and snapshot must be of one moment.
    const all = [script.source, String(keys.length), ...keys, ...args];
    const bytes = answerOf(await commands.callBytes("EVAL", all, context));
    if (bytes.word !== "read") return null;
    const snapshot = snapshotOf(journal, listOf(bytes.snapshot).map(textOfBytes));
    return { entries: bytes.list.map(entryOfBytes), snapshot };
  }

  /** What it finds to be gone, the next one need not look at. A server that refuses to forget it may be asked again. */
  async function prune(space: string, gone: readonly unknown[]): Promise<void> {
    if (gone.length === 0) return;
    const keys = [...listKeys(space), ...journalPrefixes(space)];
    const context = { action: `forget expired journals of "${space}"` };
    try {
      await commands.run(PRUNE_JOURNALS, keys, gone.map(textOf), context);
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error;
    }
  }

  return {
    async createJournal(journal, options) {
      checkJournal(journal);
      checkNewJournal(options);
      const keys = journalKeys(journal);
      const args = changeArguments(journal, options, random.uniqueText());
      const context = { action: `create journal "${journalText(journal)}"` };
      const answer = answerOf(await commands.run(CHANGE_JOURNAL, keys, args, context));
      const { word } = answer;
      if (word !== "done" && word !== "already" && word !== "exists") {
        throw refusalOf(answer, { journal, ids: (options.entries ?? []).map(({ id }) => id) });
      }
      const snapshot = snapshotOf(journal, answer.snapshot);
      return { created: word !== "exists", snapshot, ids: answer.list.map(idOf) };
    },

    async changeJournal(journal, change) {
      checkJournal(journal);
      checkChange(change);
      const keys = journalKeys(journal);
      const args = changeArguments(journal, change, "");
      const context = { action: `change journal "${journalText(journal)}"` };
      const answer = answerOf(await commands.run(CHANGE_JOURNAL, keys, args, context));
      const { word } = answer;
      if (word === "missing") throw new JournalMissingError(journal);
      if (word === "changed") throw new JournalChangedError(snapshotOf(journal, answer.snapshot));
      if (word !== "done" && word !== "already") {
        throw refusalOf(answer, { journal, ids: (change.entries ?? []).map(({ id }) => id) });
      }
      const snapshot = snapshotOf(journal, answer.snapshot);
      return { already: word === "already", snapshot, ids: answer.list.map(idOf) };
    },

    async loadJournal(journal) {
      checkJournal(journal);
      return (await readPage(journal, NOTHING))?.snapshot ?? null;
    },

    async readJournal(journal, range) {
      checkJournal(journal);
      checkRange(range);
      return await readPage(journal, range);
    },

    async listJournals(space, options) {
      checkSpace(space);
      checkList(options);
      return await list(space, options);
    },

    async deleteJournal(journal, condition = {}) {
      checkJournal(journal);
      checkCondition(condition);
      const keys = journalKeys(journal);
      const { ifVersion = "", ifIncarnation = "" } = condition;
      const args = [journal.name, newsChannel(journal), String(ifVersion), ifIncarnation];
      const context = { action: `delete journal "${journalText(journal)}"` };
      const answer = answerOf(await commands.run(DELETE_JOURNAL, keys, args, context));
      if (answer.word === "changed") {
        throw new JournalChangedError(snapshotOf(journal, answer.snapshot));
      }
      return answer.word === "done";
    },
  };

  async function list(space: string, options: JournalListOptions): Promise<JournalList> {
    const { limit, newestFirst = false } = options;
    const keys = [...listKeys(space), ...journalPrefixes(space)];
    const context = { action: `list journals of "${space}"`, reads: true };
    const journals: JournalSnapshot[] = [];
    let next: string | null = options.after ?? "";
    let room = LIST_BYTES_MAX;
    do {
      const wanted: number = limit - journals.length;
      // One more than wanted, to see whether it is the end.
      const looks = Math.max(wanted + 1, LIST_LOOKS_MIN);
      const args = [next, newestFirst ? "1" : "", String(looks), String(room), String(wanted)];
      const reply = await commands.run(LIST_JOURNALS, keys, args, context);
      const [found, gone, last] = listOf(reply);
      for (const row of listOf(found)) {
        const [name, facts] = listOf(row);
        const snapshot = snapshotOf({ space, name: textOf(name) }, facts);
        room -= utf8Length(snapshot.state);
        journals.push(snapshot);
      }
      await prune(space, listOf(gone));
      next = orNull(last, textOf);
    } while (next !== null && journals.length < limit && room > LIST_BYTES_MAX / 2);
    return { journals, next };
  }
}

/** Reads no entries. */
const NOTHING: JournalRange & { readonly count: 0 } = { count: 0 };

function rangeArguments(journal: JournalAddress, range: JournalRange): string[] {
  const { afterId, from = "-", to = "+", bytesMax = JOURNAL_READ_BYTES_DEFAULT, touchMs } = range;
  // Nothing lies above the largest id, and Redis takes asking for it as an error.
  const count = afterId === ENTRY_ID_MAX ? 0 : range.count;
  const first = afterId === undefined || count === 0 ? from : `(${afterId}`;
  const args = [journal.name, first, to, String(count), String(bytesMax)];
  return touchMs === undefined ? args : [...args, String(touchMs)];
}

function textOfBytes(part: unknown): unknown {
  return Buffer.isBuffer(part) ? part.toString() : part;
}

function entryOfBytes(reply: unknown): Entry {
  const [id, fields] = listOf(reply);
  return { id: idOf(textOfBytes(id)), fields: listOf(fields).map(valueOfBytes) };
}
