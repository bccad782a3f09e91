/**
 * Reading some of a run's events, and what is missing before them.
 *
 * @module
 */

import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  nextEntryId,
  parseEntryId,
  previousEntryId,
} from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { runGap, runJournal } from "../domain/run.ts";
import { decodeRunEvent } from "../domain/run_event.ts";
import { runRecordOf } from "../domain/run_state.ts";
import type { JournalPage, JournalStore } from "../ports/journal_store.ts";
import type { RunPage, RunRange } from "../ports/run_service.ts";

/** What one answer of a web server holds. */
export const PAGE_EVENTS_MAX = 1_000;

/**
 * Reads a page.
 *
 * @param range Which; `bytesMax`: at most so many bytes of events, but one event at least; default 4 MiB.
 * @returns `null` when there is no such run.
 * @throws As `EventStore.getEvents`.
 */
export async function readRunPage(
  broker: JournalStore,
  run: string,
  range: RunRange & { readonly afterId?: EntryId; readonly bytesMax?: number },
): Promise<RunPage | null> {
  const journal = runJournal(run);
  const { limit, endId, bytesMax } = range;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > PAGE_EVENTS_MAX) {
    throw new InvalidOptionError("limit", limit, `a whole number from 1 to ${PAGE_EVENTS_MAX}`);
  }
  for (const id of [range.afterId, range.startId, endId]) if (id !== undefined) parseEntryId(id);
  const afterId = range.afterId ?? previousEntryId(range.startId ?? ENTRY_ID_ZERO);
  const to = endId === undefined ? {} : { to: endId };
  const bytes = bytesMax === undefined ? {} : { bytesMax };
  // One more than wanted, to see whether it is the end.
  const page = await broker.readJournal(journal, { afterId, ...to, ...bytes, count: limit + 1 });
  if (page === null) return null;
  const kept = page.entries.slice(0, limit);
  const last = kept.at(-1)?.id;
  const hasMore = page.entries.length > limit ||
    (last !== undefined && await isCut(broker, page, { last, endId }));
  return {
    events: kept.map(decodeRunEvent),
    hasMore,
    nextId: hasMore && last !== undefined ? nextEntryId(last) : null,
    gap: runGap(afterId, page.snapshot.trimmedId),
    record: runRecordOf(page.snapshot),
  };
}

/** Whether bytes have ended a page, and not its range. */
async function isCut(
  broker: JournalStore,
  { snapshot }: JournalPage,
  { last, endId }: { readonly last: EntryId; readonly endId: EntryId | undefined },
): Promise<boolean> {
  if (compareEntryIds(last, snapshot.lastId) >= 0) return false;
  if (endId === undefined) return true;
  if (compareEntryIds(last, endId) >= 0) return false;
  const range = { afterId: last, to: endId, count: 1 };
  return (await broker.readJournal(snapshot.journal, range))?.entries.length === 1;
}
