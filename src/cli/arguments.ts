/**
 * What several commands take: names of streams and groups, numbers, ids and times.
 *
 * @module
 */

import { parseStart, type Start } from "../config/start.ts";
import { ENTRY_ID_MAX, type EntryId, entryIdParts, isEntryId } from "../domain/entry_id.ts";
import { checkName } from "../domain/names.ts";
import { UsageError } from "./command.ts";

/** What a command is about, and what was typed behind that. */
export interface Place {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** What follows. */
  readonly rest: readonly string[];
}

/**
 * Reads the one name that a command takes.
 *
 * @param positionals What was typed, without options.
 * @param command The command, for the error.
 * @throws {UsageError} When there is none, or another one.
 * @throws {InvalidNameError} When it cannot be a name.
 */
export function streamArgument(positionals: readonly string[], command: string): string {
  const [stream, ...rest] = positionals;
  if (stream === undefined) throw new UsageError(`Cannot run "${command}": no stream is named`);
  refuseMore(rest, command);
  return checkName("stream", stream);
}

/**
 * Reads the stream and the group that a command takes.
 *
 * @throws {UsageError} When one is missing.
 * @throws {InvalidNameError} When one cannot be a name.
 */
export function groupArguments(positionals: readonly string[], command: string): Place {
  const [stream, group, ...rest] = positionals;
  if (stream === undefined) throw new UsageError(`Cannot run "${command}": no stream is named`);
  if (group === undefined) throw new UsageError(`Cannot run "${command}": no group is named`);
  return { stream: checkName("stream", stream), group: checkName("group", group), rest };
}

/** @throws {UsageError} When something was typed that the command does not take. */
export function refuseMore(rest: readonly string[], command: string): void {
  const [extra] = rest;
  if (extra !== undefined) throw new UsageError(`Cannot use "${extra}": ${command} takes no more`);
}

/**
 * Reads a whole number.
 *
 * @returns `undefined` when it was not given.
 * @throws {UsageError} When it is none within the bounds.
 */
export function wholeNumber(
  option: string,
  text: string | undefined,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined;
  const { min, max } = bounds;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(
    `Cannot use --${option} ${text}: wanted a whole number from ${min} to ${max}`,
  );
}

/**
 * Reads where to start: `beginning`, `end`, an id or a time.
 *
 * @throws {UsageError} When it is none of these.
 */
export function startArgument(option: string, text: string): Start {
  const start = parseStart(text);
  if (start !== undefined) return start;
  throw new UsageError(
    `Cannot use --${option} ${text}: wanted beginning, end, an id such as 1717000000000-0 or a time such as 2026-01-31T12:00Z`,
  );
}

/**
 * Reads one end of a range of entries: an id or a time. A time stands for its first id at the lower end, for its last
 * one at the upper.
 *
 * @throws {UsageError} When it is none of these.
 */
export function boundArgument(option: "from" | "to", text: string): EntryId {
  if (isEntryId(text)) return text;
  const start = parseStart(text);
  if (typeof start === "object" && "fromTimeMs" in start) {
    const ms = BigInt(start.fromTimeMs);
    return option === "from" ? `${ms}-0` : `${ms}-${entryIdParts(ENTRY_ID_MAX).seq}`;
  }
  throw new UsageError(
    `Cannot use --${option} ${text}: wanted an id such as 1717000000000-0 or a time such as 2026-01-31T12:00Z`,
  );
}
