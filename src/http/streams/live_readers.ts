/**
 * Everybody who reads live: one watch of the broker for all of them, and for each stream that somebody waits on the latest
 * entries. A reader asks for what lies behind his position when he is ready for it, so nothing is ever queued for a slow
 * one; who has fallen behind what is kept reads from the journal until he has caught up.
 *
 * @module
 */

import { type Entry, fieldsByteLength } from "../../domain/entry.ts";
import { compareEntryIds, type EntryId } from "../../domain/entry_id.ts";
import { type JournalAddress, type JournalSnapshot, journalText } from "../../domain/journal.ts";
import { printable } from "../../domain/printable.ts";
import { TroubleSpell } from "../../domain/trouble_spell.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { JournalNews, JournalWatch } from "../../ports/journal_watch.ts";
import type { Log } from "../../ports/log.ts";

/** How much of a stream's latest entries is kept for readers who are busy for a moment, in bytes. */
const KEPT_BYTES_MAX = 262_144;

/** How long a stream is watched after its last reader left, in ms: a long-poll comes back at once. */
const LINGER_MS = 5_000;

/** What there is behind a reader's position. */
export type LiveNews =
  /** Entries, without gap behind the position, or a change of the state. */
  | {
    readonly kind: "news";
    readonly entries: readonly Entry[];
    readonly snapshot: JournalSnapshot;
  }
  /** More than is kept, or another life of the stream: read the journal. */
  | { readonly kind: "behind" }
  /** Nothing in that time. */
  | { readonly kind: "nothing" }
  /** The stream cannot be watched, or the service ends. */
  | { readonly kind: "over" };

/** A stream that is watched. */
interface Tail {
  readonly journal: JournalAddress;
  readonly waiting: Set<Waiting>;
  /** All entries above this are kept. */
  keptAfterId: EntryId;
  kept: readonly Entry[];
  /** The highest id that was told. */
  toldId: EntryId;
  snapshot: JournalSnapshot;
  linger: Timer | null;
}

interface Waiting {
  readonly from: JournalSnapshot;
  readonly afterId: EntryId;
  answer(news: LiveNews): void;
}

/** Everybody who reads live. */
export class LiveReaders implements AsyncDisposable {
  readonly #broker: JournalStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #tails = new Map<string, Tail>();
  readonly #trouble = new TroubleSpell();
  #watch: JournalWatch | null = null;
  #closed = false;

  /**
   * Watches nothing yet.
   *
   * @param broker Where the streams are.
   * @param options `clock`: the time. `log`: told when a stream cannot be watched.
   */
  constructor(broker: JournalStore, options: { readonly clock: Clock; readonly log: Log }) {
    this.#broker = broker;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /**
   * Waits for what lies behind a position.
   *
   * @param from The stream as the reader last saw it, with all its entries up to then read.
   * @param options `afterId`: his position. `waitMs`: how long. `signal`: ends it early.
   */
  next(
    from: JournalSnapshot,
    options: { readonly afterId: EntryId; readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<LiveNews> {
    const { afterId, waitMs, signal } = options;
    if (this.#closed) return Promise.resolve({ kind: "over" });
    if (signal.aborted) return Promise.resolve({ kind: "nothing" });
    const tail = this.#tailOf(from, afterId);
    const ready = readyNews(tail, { from, afterId });
    if (ready !== null) return Promise.resolve(ready);
    return new Promise((resolve) => {
      const answer = (news: LiveNews) => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        tail.waiting.delete(waiting);
        if (tail.waiting.size === 0) this.#lingerOn(tail);
        resolve(news);
      };
      const end = () => answer({ kind: "nothing" });
      const waiting: Waiting = { from, afterId, answer };
      const timer = this.#clock.after(waitMs, end);
      signal.addEventListener("abort", end);
      tail.linger?.cancel();
      tail.waiting.add(waiting);
    });
  }

  /** Sends everybody away. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const tail of [...this.#tails.values()]) this.#end(tail, { kind: "over" });
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #tailOf(from: JournalSnapshot, afterId: EntryId): Tail {
    const key = journalText(from.journal);
    const known = this.#tails.get(key);
    if (known !== undefined) return known;
    this.#watch ??= this.#broker.watchJournals({
      onNews: (news) => {
        if (this.#trouble.ends()) this.#log.log("info", "streams are watched again");
        this.#tell(news);
      },
      onTrouble: (error, journal) => {
        this.#troubled(error, journal);
        const tail = journal === null ? undefined : this.#tails.get(journalText(journal));
        if (tail !== undefined) this.#end(tail, { kind: "over" });
      },
    });
    const tail: Tail = {
      journal: from.journal,
      waiting: new Set(),
      keptAfterId: afterId,
      kept: [],
      toldId: afterId,
      snapshot: from,
      linger: null,
    };
    this.#tails.set(key, tail);
    this.#watch.add(from.journal, afterId);
    return tail;
  }

  #troubled(error: Error, journal: JournalAddress | null): void {
    // Of the broker it is told again and again until it passes.
    if (journal === null && !this.#trouble.begins(this.#clock.nowMs())) return;
    const what = journal === null
      ? "streams cannot be watched for now"
      : "a stream cannot be watched";
    this.#log.log("warn", what, { error: printable(`${error.name}: ${error.message}`, 300) });
  }

  #tell({ journal, gap, entries, snapshot }: JournalNews): void {
    const tail = this.#tails.get(journalText(journal));
    if (tail === undefined) return;
    if (snapshot === null || gap !== null || snapshot.incarnation !== tail.snapshot.incarnation) {
      this.#end(tail, { kind: "behind" });
      return;
    }
    tail.kept = [...tail.kept, ...entries];
    tail.toldId = entries.at(-1)?.id ?? tail.toldId;
    tail.snapshot = snapshot;
    for (const waiting of [...tail.waiting]) {
      const news = readyNews(tail, waiting);
      if (news !== null) waiting.answer(news);
    }
    forget(tail);
  }

  #lingerOn(tail: Tail): void {
    tail.linger?.cancel();
    tail.linger = this.#clock.after(LINGER_MS, () => this.#end(tail, { kind: "behind" }));
  }

  #end(tail: Tail, news: LiveNews): void {
    const key = journalText(tail.journal);
    if (this.#tails.get(key) === tail) {
      this.#tails.delete(key);
      this.#watch?.remove(tail.journal);
    }
    for (const waiting of [...tail.waiting]) waiting.answer(news);
    tail.linger?.cancel();
  }
}

/** What a reader can be told at once, `null` when he has to wait. */
function readyNews(
  tail: Tail,
  { from, afterId }: Pick<Waiting, "from" | "afterId">,
): LiveNews | null {
  if (tail.snapshot.incarnation !== from.incarnation) return { kind: "behind" };
  if (compareEntryIds(afterId, tail.keptAfterId) < 0) return { kind: "behind" };
  const entries = tail.kept.filter(({ id }) => compareEntryIds(id, afterId) > 0);
  if (entries.length === 0 && tail.snapshot.version <= from.version) return null;
  return { kind: "news", entries, snapshot: tail.snapshot };
}

/** Keeps no more of a stream than the bound. */
function forget(tail: Tail): void {
  let bytes = 0;
  let first = tail.kept.length;
  while (first > 0) {
    bytes += fieldsByteLength(tail.kept[first - 1]?.fields ?? []);
    if (bytes > KEPT_BYTES_MAX) break;
    first--;
  }
  tail.keptAfterId = tail.kept[first - 1]?.id ?? tail.keptAfterId;
  tail.kept = tail.kept.slice(first);
}
