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
  /** Set when the original was too large to be copied: what it was. It still stands in its stream until it is trimmed. */
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

/** Enough for the message and the first frames of most errors, little beside the entry itself. */
const TEXT_LENGTH_MAX = 2_000;

const META_FIELD = "dead_letter";

/** Control characters, format characters such as bidi marks, line separators, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** User and password of a URL, up to the last `@` before a space or quote: passwords may hold `@` and `/` unescaped. */
const URL_USER = /:\/\/[^\s"'<>]*@/g;

/** A secret given by name, as in a query, in JSON or in a setting. */
const NAMED_SECRET =
  /(pass(?:word|wd)?|secret|token|api[_-]?key)([\\"']*\s*[=:]\s*)(\\*"[^"]*"|\\*'[^']*'|[^\s"'&,;}]+)/gi;

/**
 * Writes a dead letter.
 *
 * @param options The entry, and why it is given up.
 * @returns The output to commit with its settlement.
 */
export function deadLetterFields(options: DeadLetterOptions): Output {
  const { error, fields, ...told } = options;
  const bytes = fieldsByteLength(fields);
  const kept = bytes <= DEAD_LETTER_BYTES_MAX;
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
 * @param entry An entry of a dead-letter stream.
 */
export function readDeadLetter(entry: { readonly fields: EntryFields }): DeadLetter | undefined {
  const [name, text] = entry.fields;
  if (name !== META_FIELD || typeof text !== "string") return undefined;
  const meta = metaOf(parsed(text));
  return meta === undefined ? undefined : { meta, fields: entry.fields.slice(2) };
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

/**
 * Escapes every character that a terminal or a log reader could take for more than a character: `\n` becomes the two
 * characters `\` and `n`, others `\u001b` and the like. Inside of JSON text the result still means the same.
 */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeCharacter);
}

/** Replaces user and password of every URL, and values that are named password, secret, token or key, by `***`. */
export function withoutSecrets(text: string): string {
  return text.replace(URL_USER, "://***@").replace(NAMED_SECRET, "$1$2***");
}

/**
 * Cuts a text, never through a surrogate pair, and marks the cut with `…`.
 *
 * @param lengthMax At most so many UTF-16 units, the mark included; at least 1.
 */
export function cutText(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const last = text.charCodeAt(lengthMax - 2);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return `${text.slice(0, splitsPair ? lengthMax - 2 : lengthMax - 1)}…`;
}

/**
 * All three: without secrets, cut, escaped.
 *
 * @param lengthMax At most so many UTF-16 units before escaping.
 */
export function printable(text: string, lengthMax: number): string {
  // A secret must not be cut in two before it is recognised; a text can be too long to search whole.
  return escapeUnprintable(cutText(withoutSecrets(text.slice(0, lengthMax * 4)), lengthMax));
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  let escaped = "";
  for (let index = 0; index < character.length; index++) {
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }
  return escaped;
}
