/**
 * Between the bytes of a stream and the entries of its journal. An append is cut into entries of a bounded size, each of
 * which ends at an offset that a reader can resume from: bytes anywhere, text between two characters, JSON between two
 * messages. The name of an entry's one field tells whether the append goes on in the next entry.
 *
 * @module
 */

import { type Entry, utf8Length } from "../../domain/entry.ts";
import { JOURNAL_ENTRY_BYTES_MAX, type JournalEntry } from "../../ports/journal_store.ts";
import type { ContentKind } from "./content_type.ts";
import { jsonArray, jsonMessages } from "./json_messages.ts";
import { ProblemError } from "../problem.ts";

/** The size of an entry: small beside what a reader may be behind, large beside an entry's own cost. */
const ENTRY_BYTES = 262_144;

/** The field of an entry with which its append ends, and of one whose append goes on in the next. */
const LAST = "d";
const MORE = "m";

/** The field of an entry without content, which only holds a place. */
const PLACE = "p";

/**
 * An append as entries.
 *
 * @param body What was sent.
 * @param kind How the stream is told.
 * @returns Empty for an empty body and for `[]`.
 * @throws {ProblemError} When JSON is wanted and the body is none, or one message is too long for an entry.
 */
export function entriesOfBody(body: Uint8Array, kind: ContentKind): JournalEntry[] {
  if (body.byteLength === 0) return [];
  if (kind === "json") return entriesOfLines(jsonMessages(body));
  const parts: Uint8Array[] = [];
  for (let from = 0; from < body.byteLength;) {
    const to = kind === "text" ? characterEnd(body, from) : from + ENTRY_BYTES;
    parts.push(body.subarray(from, to));
    from = to;
  }
  return parts.map((part, index) => entry(part, index === parts.length - 1));
}

/** Messages as entries. @param lines One message each, without line breaks. */
export function entriesOfLines(lines: readonly string[]): JournalEntry[] {
  const parts: string[][] = [];
  let bytes = Infinity;
  for (const line of lines) {
    const lineBytes = utf8Length(line) + 1;
    if (lineBytes >= JOURNAL_ENTRY_BYTES_MAX) {
      const title = "One message is longer than 2 MiB";
      throw new ProblemError({ status: 413, code: "MESSAGE_TOO_LARGE", title });
    }
    if (bytes + lineBytes > ENTRY_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(line);
    bytes += lineBytes;
  }
  return parts.map((part, index) => entry(part.join("\n"), index === parts.length - 1));
}

/** An entry without content, at an offset that must not be given again. */
export function placeEntry(id: Entry["id"]): JournalEntry {
  return { id, fields: [PLACE, ""] };
}

/** Whether the append that an entry is of goes on in the next one. */
export function goesOn(entry: Entry): boolean {
  return entry.fields[0] === MORE;
}

/** The bytes of entries, as they were appended; JSON messages as lines. */
export function bytesOf(entries: readonly Entry[], kind: ContentKind): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const { fields: [name, value = ""] } of entries) {
    if (name === PLACE) continue;
    if (kind === "json" && parts.length > 0) parts.push(LINE_BREAK);
    parts.push(typeof value === "string" ? new TextEncoder().encode(value) : value);
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** What a reader is sent for entries: the bytes, or one JSON array. */
export function bodyOf(entries: readonly Entry[], kind: ContentKind): Uint8Array<ArrayBuffer> {
  const bytes = bytesOf(entries, kind);
  if (kind !== "json") return bytes;
  return new TextEncoder().encode(jsonArray(new TextDecoder().decode(bytes)));
}

const LINE_BREAK = new Uint8Array([10]);

function entry(content: string | Uint8Array, last: boolean): JournalEntry {
  return { fields: [last ? LAST : MORE, content] };
}

/** Where an entry of text ends: not inside of a character, whose later bytes are 10xxxxxx. */
function characterEnd(bytes: Uint8Array, from: number): number {
  const wanted = from + ENTRY_BYTES;
  if (wanted >= bytes.byteLength) return bytes.byteLength;
  for (let end = wanted; end > wanted - 4; end--) {
    if (((bytes[end] ?? 0) & 0xc0) !== 0x80) return end;
  }
  return wanted;
}
