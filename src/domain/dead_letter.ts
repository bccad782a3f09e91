/**
 * Dead letters: entries given up, kept with the reason in an ordinary stream beside their own. A dead letter's first
 * field `dead_letter` tells what happened, in JSON; after it come the original fields, byte for byte, so that it can be
 * replayed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type EntryFields, fieldsByteLength, type FieldValue } from "./entry.ts";
import { type EntryId, isEntryId } from "./entry_id.ts";
import { deadLetterStream } from "./names.ts";
import { printable } from "./printable.ts";
import type { Output } from "./settlement.ts";

/** What is told about a dead letter. */
export interface DeadLetterMeta {
  /** The stream of the original entry. */
  readonly stream: string;
  /** The group that gave it up. */
  readonly group: string;
  /** The consumer that gave it up. */
  readonly consumer: string;
  /** The id of the original entry. */
  readonly id: EntryId;
  /** Why, in a few words. */
  readonly reason: string;
  /** The last error of its handler or codec, `null` when there was none. */
  readonly error: { readonly name: string; readonly message: string } | null;
  /** How often a handler tried it; from 0. */
  readonly attempts: number;
  /** How often the broker handed it out; from 1. */
  readonly deliveries: number;
  /** When it was given up, in ms since 1970. */
  readonly diedAtMs: number;
  /** Set when the original was too large, or had too many fields, to be copied: what it was. It still stands in its stream until it is trimmed. */
  readonly omitted?: { readonly bytes: number; readonly sha256: string };
}

/** An entry that is given up. */
export interface DeadLetterOptions extends Omit<DeadLetterMeta, "error" | "omitted"> {
  /** Whatever was thrown; `null` or `undefined` for nothing. */
  readonly error: unknown;
  /** The original fields. */
  readonly fields: EntryFields;
}

/** A dead letter, read back. */
export interface DeadLetter {
  /** What is told about it. */
  readonly meta: DeadLetterMeta;
  /** The original fields; empty when `meta.omitted` is set. */
  readonly fields: EntryFields;
}

/**
 * The largest original that is copied (S34): twice the bound of a payload, so that whatever our own producers can write
 * is kept whole.
 */
export const DEAD_LETTER_BYTES_MAX = 2_097_152;

/** The most names and values that are copied: a script can pass on no more at once (T22), and people write a dozen (S33). */
export const DEAD_LETTER_PARTS_MAX = 4_000;

/** Enough for the message and the first frames of most errors, little beside the entry itself. */
const TEXT_LENGTH_MAX = 2_000;

/** Two lines of a terminal; the whole of it stands in the dead letter. */
const CAUSE_LENGTH_MAX = 200;

const META_FIELD = "dead_letter";

/**
 * Writes a dead letter.
 *
 * @param options The entry, and why it is given up.
 * @returns The output to commit with its settlement.
 */
export function deadLetterFields(options: DeadLetterOptions): Output {
  const { error, fields, ...told } = options;
  const bytes = fieldsByteLength(fields);
  const kept = bytes <= DEAD_LETTER_BYTES_MAX && fields.length <= DEAD_LETTER_PARTS_MAX;
  const meta: DeadLetterMeta = {
    stream: told.stream,
    group: told.group,
    consumer: told.consumer,
    id: told.id,
    reason: printable(told.reason, TEXT_LENGTH_MAX),
    error: errorOf(error),
    attempts: told.attempts,
    deliveries: told.deliveries,
    diedAtMs: told.diedAtMs,
    ...(kept ? {} : { omitted: { bytes, sha256: sha256Of(fields) } }),
  };
  return {
    stream: deadLetterStream(told.stream),
    fields: [META_FIELD, JSON.stringify(meta), ...(kept ? fields : [])],
  };
}

/**
 * Reads a dead letter back. Total: an entry that is none, or a damaged one, gives `undefined`, never a throw.
 *
 * @example The reasons of all dead letters of a stream
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, deadLetterStream, readDeadLetter } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const entries = await broker.range(deadLetterStream("orders"), { count: 100 });
 * assertEquals(entries.map((entry) => readDeadLetter(entry)?.meta.reason), []);
 * ```
 *
 * @param entry An entry of a dead-letter stream.
 */
export function readDeadLetter(entry: { readonly fields: EntryFields }): DeadLetter | undefined {
  const [name, text] = entry.fields;
  if (name !== META_FIELD || typeof text !== "string") return undefined;
  const meta = metaOf(parsed(text));
  return meta === undefined ? undefined : { meta, fields: entry.fields.slice(2) };
}

/**
 * What the last error of a dead letter said, where its reason does not say it already.
 *
 * @returns One line that is safe to show, `null` for nothing to add.
 */
export function deadLetterCause({ reason, error }: DeadLetterMeta): string | null {
  if (error === null || error.message === reason) return null;
  return printable(error.message === "" ? error.name : error.message, CAUSE_LENGTH_MAX);
}

/**
 * The idempotency key under which the original of a dead letter is appended again: whoever replays it, and however often,
 * appends it once.
 *
 * @param incarnation Of the stream of dead letters: another one may have letters with the same ids.
 * @param id The letter's own id.
 */
export function deadLetterReplayKey(incarnation: string, id: EntryId): string {
  return `tidemark:dead-letter:${incarnation}:${id}`;
}

/**
 * The fields of an original that was too large to be copied, if what stands in its place is still the same.
 *
 * @param found What stands there; the stream may be another one of the same name by now.
 * @returns `null` when it is gone.
 */
export function originalIfSame(
  { omitted }: DeadLetterMeta,
  found: { readonly fields: EntryFields } | undefined,
): EntryFields | null {
  return found !== undefined && fieldsByteLength(found.fields) === omitted?.bytes
    ? found.fields
    : null;
}

function errorOf(error: unknown): DeadLetterMeta["error"] {
  if (error === null || error === undefined) return null;
  try {
    const { name, message } = error instanceof Error
      ? error
      : { name: "NotAnError", message: String(error) };
    return {
      name: printable(String(name), TEXT_LENGTH_MAX),
      message: printable(String(message), TEXT_LENGTH_MAX),
    };
  } catch {
    return { name: "NotAnError", message: "something was thrown that cannot be shown" };
  }
}

/** Of names and values in turn, each with its length before it, so that no two lists share a hash by accident. */
function sha256Of(fields: EntryFields): string {
  const hash = createHash("sha256");
  for (const part of fields) {
    hash.update(`${byteLengthOf(part)}:`);
    hash.update(part);
  }
  return hash.digest("hex");
}

function byteLengthOf(part: FieldValue): number {
  return fieldsByteLength([part]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function metaOf(value: unknown): DeadLetterMeta | undefined {
  if (!isRecord(value)) return undefined;
  const { stream, group, consumer, id, reason, attempts, deliveries, diedAtMs } = value;
  const error = storedError(value.error);
  if (
    typeof stream !== "string" || typeof group !== "string" || typeof consumer !== "string" ||
    !isEntryId(id) || typeof reason !== "string" || error === undefined ||
    !isCount(attempts) || !isCount(deliveries) || !isCount(diedAtMs)
  ) return undefined;
  const meta = { stream, group, consumer, id, reason, error, attempts, deliveries, diedAtMs };
  const { omitted } = value;
  if (omitted === undefined) return meta;
  if (!isRecord(omitted) || !isCount(omitted.bytes) || typeof omitted.sha256 !== "string") {
    return undefined;
  }
  return { ...meta, omitted: { bytes: omitted.bytes, sha256: omitted.sha256 } };
}

function storedError(value: unknown): DeadLetterMeta["error"] | undefined {
  if (value === null) return null;
  if (!isRecord(value)) return undefined;
  const { name, message } = value;
  return typeof name === "string" && typeof message === "string" ? { name, message } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
