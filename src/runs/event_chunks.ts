/**
 * Cutting a list of events into changes that a broker takes at once.
 *
 * @module
 */

import { type EntryFields, fieldsByteLength } from "../domain/entry.ts";

/** Some milliseconds of a server's time. */
export const CHUNK_EVENTS_MAX = 500;

/** As of one commit of a stream. */
export const CHUNK_BYTES_MAX = 4_194_304;

/** Cuts a list, in order; no part is empty. */
export function eventChunks(all: readonly EntryFields[]): EntryFields[][] {
  const chunks: EntryFields[][] = [];
  let chunk: EntryFields[] = [];
  let bytes = 0;
  for (const fields of all) {
    const size = fieldsByteLength(fields);
    if (chunk.length === CHUNK_EVENTS_MAX || bytes + size > CHUNK_BYTES_MAX) {
      if (chunk.length > 0) chunks.push(chunk);
      [chunk, bytes] = [[], 0];
    }
    chunk.push(fields);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
