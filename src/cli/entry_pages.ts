/**
 * Reading through a stream page by page. Entries may be anything from a few bytes to megabytes, so a page is bounded by
 * what the entries before it took.
 *
 * @module
 */

import { type Entry, fieldsByteLength } from "../domain/entry.ts";
import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  nextEntryId,
  previousEntryId,
} from "../domain/entry_id.ts";
import type { StreamStore } from "../ports/stream_store.ts";
import { patiently } from "./patient.ts";

/** What to read. */
export interface EntryPagesOptions {
  /** First id, inclusive; default the beginning. */
  readonly from?: EntryId;
  /** Last id, inclusive. */
  readonly to: EntryId;
  /** From the end backwards. */
  readonly reverse?: boolean;
  /** Ends it between two pages. */
  readonly signal?: AbortSignal;
}

/** Most streams hold entries below 100 kB: a first page of them stays below {@linkcode PAGE_BYTES}. */
const FIRST_PAGE_ENTRIES = 32;

/** Some hundred of the usual entries a millisecond; more would hold up others. */
const PAGE_ENTRIES_MAX = 1_000;

/** What a page should take, in bytes: some milliseconds on any network. */
const PAGE_BYTES = 4_194_304;

/** A page may hold so many times the entries of the one before: a few small ones say little of the next. */
const GROWTH_MAX = 4;

/** How many entries the next page may hold, after a page. */
export function nextPageCount(page: readonly Entry[], count: number): number {
  const bytes = page.reduce((sum, { fields }) => sum + fieldsByteLength(fields), 0);
  const byBytes = Math.floor(PAGE_BYTES / Math.max(1, bytes / Math.max(1, page.length)));
  return Math.max(1, Math.min(byBytes, count * GROWTH_MAX, PAGE_ENTRIES_MAX));
}

/**
 * Reads entries in order, page by page; an absent stream is empty. Outlasts a broker that is away for a moment.
 *
 * @throws {BrokerUnavailableError} When it stays away.
 */
export async function* entryPages(
  broker: StreamStore,
  stream: string,
  options: EntryPagesOptions,
): AsyncGenerator<Entry[]> {
  const { signal, reverse = false } = options;
  let { from = ENTRY_ID_ZERO, to } = options;
  let count = FIRST_PAGE_ENTRIES;
  while (compareEntryIds(from, to) <= 0 && signal?.aborted !== true) {
    const range = { from, to, count, reverse };
    const page: Entry[] = await patiently(() => broker.range(stream, range), signal);
    if (page.length > 0) yield page;
    const last = page.at(-1)?.id;
    if (last === undefined || page.length < count || last === (reverse ? from : to)) return;
    if (reverse) to = previousEntryId(last);
    else from = nextEntryId(last) ?? to;
    count = nextPageCount(page, count);
  }
}
