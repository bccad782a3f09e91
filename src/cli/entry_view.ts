/**
 * How an entry of unknown origin is shown: as the event that it holds, or as its raw fields where it holds none.
 *
 * @module
 */

import { decodeEntry } from "../domain/codec.ts";
import { type Entry, type EntryFields, type FieldValue, fieldValue } from "../domain/entry.ts";
import type { Event } from "../domain/event.ts";
import { UndecodableEntryError } from "../domain/event_errors.ts";
import { cutText, escapeUnprintable } from "../domain/printable.ts";
import { counted } from "./shown.ts";

/** Types and keys are short; a longer one would push everything else out of sight. */
const WORD_LENGTH_MAX = 40;

/** Enough to know a value again. */
const VALUE_LENGTH_MAX = 80;

/** More fields than people look at (S33). */
const FIELDS_MAX = 20;

/** What an entry is: an event, or no event and why. */
export type Read = { readonly event: Event } | { readonly fault: string };

/** Reads an entry as an event. Total. */
export function readEntry(entry: Entry, stream: string): Read {
  try {
    return { event: decodeEntry(entry, stream, "event") };
  } catch (error) {
    if (error instanceof UndecodableEntryError) return { fault: error.reason };
    throw error;
  }
}

/** An entry for programs: `{id, type, data, key?, headers?, …}`, or `{id, fault, fields}` where it is no event. */
export function entryRecord(entry: Entry, stream: string): Record<string, unknown> {
  const read = readEntry(entry, stream);
  if ("fault" in read) return { id: entry.id, fault: read.fault, fields: fieldPairs(entry.fields) };
  const { id, type, data, key, headers, idempotencyKey, sourceId } = read.event;
  return {
    id,
    type,
    data,
    ...(key === undefined ? {} : { key }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(sourceId === undefined ? {} : { sourceId }),
  };
}

/** Names and values in pairs, for programs; bytes as `{base64}`. */
export function fieldPairs(fields: EntryFields): unknown[][] {
  const pairs: unknown[][] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    pairs.push([valueRecord(fields[index] ?? ""), valueRecord(fields[index + 1] ?? "")]);
  }
  return pairs;
}

/** An entry on one line: id, type, key, data. Where it is no event, why, and its fields. */
export function entryLine(entry: Entry, stream: string): string {
  const read = readEntry(entry, stream);
  if ("fault" in read) {
    return `${entry.id}  (no event: ${escapeUnprintable(read.fault)})  ${fieldsText(entry.fields)}`;
  }
  const { type, key, data } = read.event;
  const keyPart = key === undefined ? "" : `  key ${wordText(key)}`;
  return `${entry.id}  ${wordText(type)}${keyPart}  ${escapeUnprintable(JSON.stringify(data))}`;
}

/** An entry's fields on one line, as `name=value`. */
export function fieldsText(fields: EntryFields): string {
  const count = Math.floor(fields.length / 2);
  const shown: string[] = [];
  for (let index = 0; index < Math.min(count, FIELDS_MAX); index++) {
    const name = valueText(fields[index * 2] ?? "", WORD_LENGTH_MAX);
    shown.push(`${name}=${valueText(fields[index * 2 + 1] ?? "", VALUE_LENGTH_MAX)}`);
  }
  if (count > FIELDS_MAX) shown.push(`… and ${counted(count - FIELDS_MAX, "field")} more`);
  return shown.join(" ");
}

/** A value on one line. */
export function valueText(value: FieldValue, lengthMax: number): string {
  if (typeof value === "string") return escapeUnprintable(cutText(value, lengthMax));
  const hex = value.subarray(0, Math.floor(lengthMax / 2)).toHex();
  const rest = value.byteLength * 2 > lengthMax ? "…" : "";
  return `<${counted(value.byteLength, "byte")}: ${hex}${rest}>`;
}

/** Type and key of an entry, as far as it has them, whether or not it is an event. */
export function typeAndKey(fields: EntryFields): { type: string | null; key: string | null } {
  const textOf = (name: string) => {
    const value = fieldValue(fields, name);
    if (value === undefined) return null;
    return typeof value === "string" ? value : valueText(value, WORD_LENGTH_MAX);
  };
  return { type: textOf("event_type"), key: textOf("key") };
}

function wordText(text: string): string {
  return valueText(text, WORD_LENGTH_MAX);
}

function valueRecord(value: FieldValue): unknown {
  return typeof value === "string" ? value : { base64: value.toBase64() };
}
