/**
 * How an entry's fields are stored: a JSON list of names and values in turn, where bytes that are not UTF-8 stand as
 * `{"base64": "…"}`. JSON, because SQLite's own text ends at a NUL for the reader, and because one parse of a list is
 * faster than many small decodings.
 *
 * @module
 */

import { type EntryFields, type FieldValue, fieldValue } from "../../domain/entry.ts";
import { BrokerUnsupportedError, InvalidOptionError } from "../../domain/errors.ts";
import type { StoredKey } from "./rows.ts";

/** `ignoreBOM` keeps a byte order mark at the start of a value, which is content here. */
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** An entry's fields, ready to be stored. */
export interface StoredFields {
  /** JSON text. */
  readonly text: string;
  /** The value of its field "key". */
  readonly key: StoredKey;
}

/**
 * Encodes fields.
 *
 * @throws {InvalidOptionError} When there is no pair, or a name without a value.
 */
export function encodeFields(fields: EntryFields): StoredFields {
  if (fields.length === 0 || fields.length % 2 !== 0) {
    throw new InvalidOptionError("fields", `${fields.length} parts`, "names and values in turn");
  }
  const canonical = fields.every(isCanonical) ? fields : fields.map(canonicalValue);
  const key = fieldValue(canonical, "key");
  return { text: JSON.stringify(canonical, bytesAsBase64), key: storedKey(key) };
}

/** Decodes fields. @throws {BrokerUnsupportedError} When the stored text is not what `encodeFields` makes. */
export function decodeFields(text: string): FieldValue[] {
  const parts = parsed(text);
  if (!Array.isArray(parts) || parts.length % 2 !== 0) throw damaged();
  if (!parts.every(isText)) return parts.map(decodePart);
  return parts;
}

/** The parser's own error is no cause: it quotes the text, and so perhaps a payload. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged();
  }
}

function isText(part: unknown): part is string {
  return typeof part === "string";
}

/** A lone surrogate has no bytes: Redis stores U+FFFD for it, and so do we. */
function isCanonical(part: FieldValue): boolean {
  return typeof part === "string" && part.isWellFormed();
}

function canonicalValue(part: FieldValue): FieldValue {
  if (typeof part === "string") return part.toWellFormed();
  try {
    return strictDecoder.decode(part);
  } catch {
    return part;
  }
}

function storedKey(key: FieldValue | undefined): StoredKey {
  if (key === undefined) return null;
  return typeof key === "string" && key.includes("\0") ? encoder.encode(key) : key;
}

function bytesAsBase64(_name: string, part: unknown): unknown {
  return part instanceof Uint8Array ? { base64: part.toBase64() } : part;
}

function decodePart(part: unknown): FieldValue {
  if (typeof part === "string") return part;
  if (
    typeof part === "object" && part !== null && "base64" in part && typeof part.base64 === "string"
  ) {
    return bytesOf(part.base64);
  }
  throw damaged();
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    throw damaged();
  }
}

function damaged(): BrokerUnsupportedError {
  return new BrokerUnsupportedError(
    "Cannot read the SQLite file: it is damaged, an entry's fields are no names and values, restore it from a copy",
  );
}
