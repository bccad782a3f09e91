/**
 * Finding dead letters: those of a stream, of one group, or single ones by their ids.
 *
 * @module
 */

import { type DeadLetterMeta, readDeadLetter } from "../../domain/dead_letter.ts";
import type { Entry, EntryFields } from "../../domain/entry.ts";
import { compareEntryIds, type EntryId, isEntryId } from "../../domain/entry_id.ts";
import { deadLetterStream } from "../../domain/names.ts";
import { StreamMissingError } from "../../domain/stream_errors.ts";
import type { Broker } from "../../ports/broker.ts";
import { UsageError } from "../command.ts";
import { entryPages, type EntryPagesOptions } from "../entry_pages.ts";
import { patiently } from "../patient.ts";

/** A dead letter with its own id. */
export interface Letter {
  /** Where it stands among the dead letters. */
  readonly id: EntryId;
  /** What is told about it. */
  readonly meta: DeadLetterMeta;
  /** The original fields; empty when `meta.omitted` is set. */
  readonly fields: EntryFields;
}

/** Whose dead letters are meant. Streams whose names differ only in braces share one stream of them. */
export interface Whose {
  /** The stream of the original entries. */
  readonly stream: string;
  /** The group that gave them up; `undefined` for all. */
  readonly group: string | undefined;
}

/** Which dead letters are meant. */
export type Which = readonly EntryId[] | "all";

/** Some dead letters, and how many entries were read to find them. */
export interface LetterPage {
  /** In order. */
  readonly letters: readonly Letter[];
  /** Also those of others. */
  readonly readCount: number;
}

/**
 * Reads which ones are meant: ids, or `--all`.
 *
 * @throws {UsageError} When it is neither, or both, or something is no id.
 */
export function whichOf(ids: readonly string[], all: boolean, command: string): Which {
  if (all && ids.length > 0) {
    throw new UsageError(`Cannot run "${command}": both ids and --all are given`);
  }
  if (all) return "all";
  if (ids.length === 0) {
    throw new UsageError(`Cannot run "${command}": no id is given, nor --all`);
  }
  return [...new Set(ids.map(idArgument))].sort(compareEntryIds);
}

/** @throws {UsageError} When it is no id. */
export function idArgument(text: string): EntryId {
  if (isEntryId(text)) return text;
  throw new UsageError(`Cannot use "${text}" as an id: wanted one such as 1717000000000-0`);
}

/**
 * The last id among the dead letters of a stream, so that what dies meanwhile is left alone.
 *
 * @returns `null` when there are none.
 * @throws {StreamMissingError} When there is no such stream either.
 */
export async function lastLetterId(broker: Broker, stream: string): Promise<EntryId | null> {
  const info = await broker.streamInfo(deadLetterStream(stream));
  if (info !== null) return info.lastId;
  if (await broker.streamInfo(stream) === null) throw new StreamMissingError(stream);
  return null;
}

/** Reads dead letters in order, or from the newest backwards, page by page. */
export async function* letterPages(
  broker: Broker,
  whose: Whose,
  options: EntryPagesOptions,
): AsyncGenerator<LetterPage> {
  for await (const page of entryPages(broker, deadLetterStream(whose.stream), options)) {
    const letters = page.map(letterOf).filter((letter) => letter !== null);
    yield { letters: letters.filter((letter) => isOf(letter, whose)), readCount: page.length };
  }
}

/** Reads one dead letter. @returns `null` when there is none with this id, or it is another group's. */
export async function findLetter(
  broker: Broker,
  whose: Whose,
  id: EntryId,
): Promise<Letter | null> {
  const range = { from: id, to: id, count: 1 };
  const [entry] = await patiently(() => broker.range(deadLetterStream(whose.stream), range));
  const letter = entry === undefined ? null : letterOf(entry);
  return letter !== null && isOf(letter, whose) ? letter : null;
}

/** Reads the dead letters that are meant, in order, page by page; notes the ids that are none. */
export async function* meantLetters(
  broker: Broker,
  whose: Whose,
  options: {
    readonly which: Which;
    readonly to: EntryId;
    readonly signal: AbortSignal;
    readonly missing: EntryId[];
  },
): AsyncGenerator<LetterPage> {
  const { which, missing, signal } = options;
  if (which === "all") {
    yield* letterPages(broker, whose, options);
    return;
  }
  for (const id of which) {
    if (signal.aborted) return;
    const letter = await findLetter(broker, whose, id);
    if (letter === null) missing.push(id);
    yield { letters: letter === null ? [] : [letter], readCount: 1 };
  }
}

/** What a program is told about a dead letter, without its event. */
export function letterRecord({ id, meta }: Letter): Record<string, unknown> {
  const { stream: _, id: entryId, group, ...rest } = meta;
  return { id, group, entryId, ...rest };
}

function letterOf(entry: Entry): Letter | null {
  const letter = readDeadLetter(entry);
  return letter === undefined ? null : { id: entry.id, ...letter };
}

function isOf({ meta }: Letter, { stream, group }: Whose): boolean {
  return meta.stream === stream && (group === undefined || meta.group === group);
}
