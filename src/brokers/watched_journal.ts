/**
 * One journal that is watched: what was told of it, and what of a newly read page is news.
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_ZERO, type EntryId, laterEntryId } from "../domain/entry_id.ts";
import type { JournalAddress } from "../domain/journal.ts";
import type { JournalPage } from "../ports/journal_store.ts";
import type { JournalGap, JournalNews } from "../ports/journal_watch.ts";

/** After an expiry that turned out to be renewed or rounded, at the soonest, in ms. */
const DUE_SLACK_MS = 5;

/**
 * A journal that is silent is read again after so long, in ms. Whoever empties a server (FLUSHALL), deletes keys by hand or
 * restores an older file tells no watch of it; one read in ten seconds costs a broker nothing.
 */
const SILENCE_MS_MAX = 10_000;

/** What becomes of a page. */
export interface TakenPage {
  /** What to tell, `null` for nothing. */
  readonly news: JournalNews | null;
  /** Whether more entries are there already. */
  readonly hasMore: boolean;
}

/** The memory of one watched journal. */
export class WatchedJournal {
  readonly journal: JournalAddress;
  #afterId: EntryId;
  /** How many entries were ever appended up to the position, trimmed ones included; `null`: unknown. */
  #ordinal: number | null;
  #incarnation: string | null = null;
  #version = 0;
  #dueAtMs = Infinity;
  #readAtMs = -Infinity;

  /** @param afterId What lies above it is to be told. */
  constructor(journal: JournalAddress, afterId: EntryId) {
    this.journal = { space: journal.space, name: journal.name };
    this.#afterId = afterId;
    this.#ordinal = afterId === ENTRY_ID_ZERO ? 0 : null;
  }

  /** Behind it nothing was told yet. */
  get afterId(): EntryId {
    return this.#afterId;
  }

  /**
   * When to read it though nothing is told of it, in ms by this machine's clock: it will have expired unless that was put
   * off, or has been silent for too long. `Infinity`: it was not read yet, or is gone.
   */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /** Whether to read it now. A clock that was set back must not put it off. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#dueAtMs || nowMs < this.#readAtMs;
  }

  /** Takes what was read behind the position; the news then count as told. */
  take(page: JournalPage | null, nowMs: number): TakenPage {
    const { journal } = this;
    const isGone = page === null ||
      (this.#incarnation !== null && page.snapshot.incarnation !== this.#incarnation);
    if (isGone) {
      this.#dueAtMs = Infinity;
      return { news: { journal, gap: null, entries: [], snapshot: null }, hasMore: false };
    }
    const { entries, snapshot } = page;
    const isNews = this.#incarnation === null || entries.length > 0 ||
      snapshot.version !== this.#version;
    this.#incarnation = snapshot.incarnation;
    this.#version = snapshot.version;
    this.#readAtMs = nowMs;
    const expiresInMs = (snapshot.expiresInMs ?? Infinity) + DUE_SLACK_MS;
    this.#dueAtMs = nowMs + Math.min(expiresInMs, SILENCE_MS_MAX);
    const gap = this.#passGap(page);
    this.#pass(page);
    const hasMore = entries.length > 0 && compareEntryIds(this.#afterId, snapshot.lastId) < 0;
    const news = isNews || gap !== null ? { journal, gap, entries, snapshot } : null;
    return { news, hasMore };
  }

  /** Moves behind what was trimmed before it was told. */
  #passGap({ snapshot }: JournalPage): JournalGap | null {
    const { trimmedId, entriesAdded, length } = snapshot;
    const afterId = this.#afterId;
    if (compareEntryIds(trimmedId, afterId) <= 0) return null;
    const trimmedCount = entriesAdded - length;
    const count = this.#ordinal === null ? null : trimmedCount - this.#ordinal;
    this.#afterId = laterEntryId(afterId, trimmedId);
    this.#ordinal = trimmedCount;
    return { afterId, untilId: trimmedId, count };
  }

  #pass({ entries, snapshot }: JournalPage): void {
    const last = entries.at(-1)?.id;
    if (last === undefined) return;
    this.#afterId = last;
    if (last === snapshot.lastId) this.#ordinal = snapshot.entriesAdded;
    else if (entries[0]?.id === snapshot.firstId) {
      this.#ordinal = snapshot.entriesAdded - snapshot.length + entries.length;
    } else if (this.#ordinal !== null) this.#ordinal += entries.length;
  }
}
