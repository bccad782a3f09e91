/**
 * Entries: the raw records of a stream, before a codec makes events of them. Fields stay a flat list, because one entry
 * may hold the same field name twice, and a name may be `__proto__` (T26).
 *
 * @module
 */

import type { EntryId } from "./entry_id.ts";

/** Text where the bytes are valid UTF-8, otherwise the bytes themselves, so that nothing is corrupted (I14). */
export type FieldValue = string | Uint8Array;

/** Names and values in turn: `[name, value, name, value, …]`. */
export type EntryFields = readonly FieldValue[];

/** A record of a stream. */
export interface Entry {
  /** Where it stands in the stream. */
  readonly id: EntryId;
  /** Names and values in turn. */
  readonly fields: EntryFields;
}

/** An entry as the broker hands it to a consumer. */
export interface Delivery extends Entry {
  /** How often the broker has handed it out, this time included; from 1. */
  readonly deliveries: number;
  /** How often a handler failed on it, as far as was recorded; from 0. */
  readonly failures: number;
  /** When a deferred entry may run again, in ms since 1970; 0 when it is not deferred. */
  readonly dueAtMs: number;
}

/**
 * The first value of a field.
 *
 * @returns `undefined` when the entry has no such field.
 */
export function fieldValue(fields: EntryFields, name: string): FieldValue | undefined {
  for (let index = 0; index + 1 < fields.length; index += 2) {
    if (fields[index] === name) return fields[index + 1];
  }
  return undefined;
}

/** The size of an entry's names and values in bytes, without the broker's own overhead. */
export function fieldsByteLength(fields: EntryFields): number {
  let total = 0;
  for (const part of fields) total += typeof part === "string" ? utf8Length(part) : part.byteLength;
  return total;
}

/** UTF-8 length of a text, counted without encoding it. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      length += 1;
    } else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      length += 2; // two units, four bytes
      index++;
    } else {
      length += 2; // also a lone surrogate: it is written as U+FFFD, three bytes
    }
  }
  return length;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
