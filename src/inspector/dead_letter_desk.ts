/**
 * The dead letters of a stream, for the page: a list without payloads, and their replay in bounded parts. A letter's
 * original is appended under an idempotency key made of the letter, the same that the command line uses, and only then is
 * the letter removed: whoever is interrupted, or does it twice, appends nothing twice and loses nothing.
 *
 * @module
 */

import {
  type DeadLetter,
  deadLetterCause,
  type DeadLetterMeta,
  deadLetterReplayKey,
  originalIfSame,
  readDeadLetter,
} from "../domain/dead_letter.ts";
import type { EntryFields } from "../domain/entry.ts";
import { ENTRY_ID_ZERO, type EntryId, nextEntryId, previousEntryId } from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { deadLetterStream } from "../domain/names.ts";
import { StreamMissingError } from "../domain/stream_errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { StreamStore } from "../ports/stream_store.ts";

/** Whose dead letters. */
export interface LetterPlace {
  /** The stream of the originals. */
  readonly stream: string;
  /** The group that gave them up; left out for all groups. */
  readonly group?: string;
}

/** A dead letter without its payload. */
export interface LetterLine {
  /** Its own id. */
  readonly id: EntryId;
  /** What is told about it. */
  readonly meta: DeadLetterMeta;
  /** What its last error said; `null` where the reason says it already. */
  readonly cause: string | null;
}

/** Which part of the list. */
export interface LetterListing {
  /** Only those behind this id, in the order that is asked for; left out for the beginning. */
  readonly after?: EntryId;
  /** So many at most. */
  readonly limit: number;
  /** Whether the newest come first. Default: the oldest. */
  readonly newestFirst?: boolean;
}

/** A part of the list. */
export interface LetterPage {
  /** In the order that was asked for. */
  readonly letters: readonly LetterLine[];
  /** After which id the next part begins; `null` at the end. */
  readonly next: EntryId | null;
}

/** What a part of a replay did. */
export interface ReplayCounts {
  /** How many originals were appended now. */
  replayed: number;
  /** How many had been appended by an earlier, interrupted replay. */
  known: number;
  /** Left: the broker takes none with so many fields. */
  readonly refused: EntryId[];
  /** Left: the original was too large to be copied, and is gone. */
  readonly omitted: EntryId[];
  /** Ids that are no dead letters of this group. */
  readonly missing: EntryId[];
  /** After which id the next part goes on; `null` when all were looked at. */
  next: EntryId | null;
}

/** Each may be 2 MiB: sixteen at once are what the memory can spare. */
const PAGE_ENTRIES = 16;

/** So many entries are read for one list, those of other groups included: each comes with its payload. */
const READ_MAX = 2_000;

/** One part of a replay takes so long at most, in ms: who asked is still waiting then. */
const PART_MS_MAX = 3_000;

/** As on the command line: a week. */
const WINDOW_MS = 604_800_000;

/** Reads and replays dead letters. */
export class DeadLetterDesk {
  readonly #broker: StreamStore;
  readonly #clock: Clock;

  /** @param options Where they are, and time. */
  constructor({ broker, clock }: { readonly broker: StreamStore; readonly clock: Clock }) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /**
   * Lists dead letters. A part can hold fewer than wanted and still have more behind it.
   *
   * @throws {StreamMissingError} When there is no such stream.
   */
  async list(
    place: LetterPlace,
    { after, limit, newestFirst = false }: LetterListing,
  ): Promise<LetterPage> {
    const letters: LetterLine[] = [];
    let readCount = 0;
    let last: EntryId | null = null;
    const pages = newestFirst
      ? this.#pagesBack(place, after ?? null)
      : this.#pages(place, after ?? ENTRY_ID_ZERO);
    for await (const page of pages) {
      for (const { id, letter } of page) {
        if (letters.length === limit) return { letters, next: last };
        last = id;
        if (letter !== null) {
          letters.push({ id, meta: letter.meta, cause: deadLetterCause(letter.meta) });
        }
      }
      readCount += page.length;
      if (readCount >= READ_MAX) return { letters, next: last };
    }
    return { letters, next: null };
  }

  /**
   * Publishes originals again, into their own stream: for some seconds at most, `next` tells where to go on.
   *
   * @throws {StreamMissingError} When there is no such stream.
   */
  async replay(
    place: LetterPlace,
    which: { readonly ids: readonly EntryId[] } | { readonly after: EntryId },
  ): Promise<ReplayCounts> {
    const counts: ReplayCounts = {
      ...{ replayed: 0, known: 0, refused: [], omitted: [], missing: [], next: null },
    };
    if (await this.#broker.streamInfo(place.stream) === null) {
      throw new StreamMissingError(place.stream);
    }
    const info = await this.#broker.streamInfo(deadLetterStream(place.stream));
    const endMs = this.#clock.nowMs() + PART_MS_MAX;
    const meant = "ids" in which ? this.#each(place, which.ids) : this.#pages(place, which.after);
    for await (const page of meant) {
      for (const { id, letter } of page) {
        // Not before the first one: no `next` would say that all were looked at.
        if (counts.next !== null && this.#clock.nowMs() >= endMs) return counts;
        counts.next = id;
        if (letter !== null && info !== null) {
          await this.#replayOne({ id, letter, incarnation: info.incarnation }, counts);
        } else if ("ids" in which) counts.missing.push(id);
      }
    }
    counts.next = null;
    return counts;
  }

  async #replayOne(
    { id, letter, incarnation }: {
      readonly id: EntryId;
      readonly letter: DeadLetter;
      readonly incarnation: string;
    },
    counts: ReplayCounts,
  ): Promise<void> {
    const { stream } = letter.meta;
    const fields = await this.#originalFields(letter);
    if (fields === null) return void counts.omitted.push(id);
    const entry = { fields, idempotencyKey: deadLetterReplayKey(incarnation, id) };
    try {
      const [result] = await this.#broker.append(stream, [entry], {
        idempotencyWindowMs: WINDOW_MS,
      });
      if (result?.duplicate === true) counts.known++;
      else counts.replayed++;
    } catch (error) {
      if (!(error instanceof InvalidOptionError)) throw error;
      return void counts.refused.push(id);
    }
    await this.#broker.deleteEntries(deadLetterStream(stream), [id]);
  }

  async #originalFields({ meta, fields }: DeadLetter): Promise<EntryFields | null> {
    if (meta.omitted === undefined) return fields;
    const range = { from: meta.id, to: meta.id, count: 1 };
    const [original] = await this.#broker.range(meta.stream, range);
    return originalIfSame(meta, original);
  }

  async *#pages(place: LetterPlace, after: EntryId): AsyncGenerator<Found[]> {
    const letters = deadLetterStream(place.stream);
    // What dies meanwhile is left alone: otherwise a replay could go on for ever.
    const to = await this.#lastId(place);
    let from = to === null ? null : nextEntryId(after);
    while (from !== null && to !== null) {
      const range = { from, to, count: PAGE_ENTRIES };
      const page = await this.#broker.range(letters, range);
      yield page.map((entry) => found(entry, place));
      const last = page.at(-1);
      from = last === undefined || page.length < PAGE_ENTRIES ? null : nextEntryId(last.id);
    }
  }

  /** @param before The newest ones older than this; `null` for all. */
  async *#pagesBack(place: LetterPlace, before: EntryId | null): AsyncGenerator<Found[]> {
    const letters = deadLetterStream(place.stream);
    let to = await this.#lastId(place);
    if (to !== null && before !== null) to = olderThan(before);
    while (to !== null) {
      const range = { to, count: PAGE_ENTRIES, reverse: true };
      const page = await this.#broker.range(letters, range);
      yield page.map((entry) => found(entry, place));
      const last = page.at(-1);
      to = last === undefined || page.length < PAGE_ENTRIES ? null : olderThan(last.id);
    }
  }

  /** @returns The id of the newest; `null` where there were never any. */
  async #lastId({ stream }: LetterPlace): Promise<EntryId | null> {
    const info = await this.#broker.streamInfo(deadLetterStream(stream));
    if (info !== null) return info.lastId;
    if (await this.#broker.streamInfo(stream) === null) throw new StreamMissingError(stream);
    return null;
  }

  async *#each(place: LetterPlace, ids: readonly EntryId[]): AsyncGenerator<Found[]> {
    for (const id of ids) {
      const range = { from: id, to: id, count: 1 };
      const [entry] = await this.#broker.range(deadLetterStream(place.stream), range);
      yield [entry === undefined ? { id, letter: null } : found(entry, place)];
    }
  }
}

/** An entry among dead letters, and the letter if it is one that is meant. */
interface Found {
  readonly id: EntryId;
  readonly letter: DeadLetter | null;
}

/** The greatest id below this one, `null` for none. */
function olderThan(id: EntryId): EntryId | null {
  return id === ENTRY_ID_ZERO ? null : previousEntryId(id);
}

/** Streams whose names differ only in braces share one stream of dead letters. */
function found(
  entry: { readonly id: EntryId; readonly fields: EntryFields },
  { stream, group }: LetterPlace,
): Found {
  const letter = readDeadLetter(entry);
  const isMeant = letter !== undefined && letter.meta.stream === stream &&
    (group === undefined || letter.meta.group === group);
  return { id: entry.id, letter: isMeant ? letter : null };
}
