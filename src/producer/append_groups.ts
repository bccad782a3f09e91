/**
 * How a long list of entries is divided, so that no single append blocks the broker for long.
 *
 * @module
 */

import { fieldsByteLength } from "../domain/entry.ts";
import type { AppendEntry } from "../ports/stream_store.ts";

/** What one append takes at most; the port's bound. */
export const APPEND_ENTRIES_MAX = 1_000;

/** What one append carries at most, in bytes: some milliseconds on any network, some four of the largest events. */
export const APPEND_BYTES_MAX = 4_194_304;

/**
 * Divides entries into appends, in order. An entry that is larger than the bound goes alone.
 *
 * @returns Each of 1 to 1,000 entries and, unless it is a single one, at most 4 MiB.
 */
export function* appendGroups(entries: readonly AppendEntry[]): Generator<AppendEntry[]> {
  let group: AppendEntry[] = [];
  let groupBytes = 0;
  for (const entry of entries) {
    const bytes = fieldsByteLength(entry.fields);
    const full = group.length === APPEND_ENTRIES_MAX || groupBytes + bytes > APPEND_BYTES_MAX;
    if (full && group.length > 0) {
      yield group;
      group = [];
      groupBytes = 0;
    }
    group.push(entry);
    groupBytes += bytes;
  }
  if (group.length > 0) yield group;
}
