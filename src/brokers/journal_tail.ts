/**
 * Watches many journals at once, whatever the broker: takes the journals in which something may have happened, reads each
 * behind what was told of it, and tells what is new. What happened is only ever taken from such a read. A broker merely
 * says where to look, once too often rather than once too little.
 *
 * @module
 */

import { backoffMs, BROKER_BACKOFF } from "../domain/backoff.ts";
import { type EntryId, parseEntryId } from "../domain/entry_id.ts";
import {
  BrokerUnavailableError,
  ClosedError,
  TidemarkError,
  UnknownOutcomeError,
} from "../domain/errors.ts";
import { type JournalAddress, journalText } from "../domain/journal.ts";
import type { Clock } from "../ports/clock.ts";
import { checkJournal, checkWatch } from "../ports/journal_checks.ts";
import type { JournalPage, JournalRange } from "../ports/journal_store.ts";
import type { JournalWatch, JournalWatchOptions } from "../ports/journal_watch.ts";
import type { Random } from "../ports/random.ts";
import { WatchedJournal } from "./watched_journal.ts";

/** Which journals are to be followed from now on. */
export interface JournalsToFollow {
  /** Those that have come. */
  readonly added: readonly JournalAddress[];
  /** Those that are not watched any more. */
  readonly removed: readonly JournalAddress[];
  /** All, those that have come included. */
  readonly all: () => JournalAddress[];
}

/** What a broker does for a watch. */
export interface JournalSource {
  /** See `JournalStore.readJournal`. */
  read(journal: JournalAddress, range: JournalRange): Promise<JournalPage | null>;
  /**
   * Sees to it that whatever happens to these journals from now on ends a wait.
   *
   * @returns `true` when it has only now begun to listen: what happened before, to any of them, may be unknown to it. So
   * it does after it has thrown.
   */
  follow(journals: JournalsToFollow): Promise<boolean>;
  /**
   * Waits until something may have happened, the time is over, or the signal says so.
   *
   * @returns The texts of the journals in question.
   */
  wait(
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<ReadonlySet<string> | "all">;
  /** Ends it. */
  close(): Promise<void>;
}

/** Journals that one round reads at once: enough to use a round trip well, few enough for their largest entries. */
const ROUND_JOURNALS_MAX = 16;

/** Entries that a round reads of one journal. */
const ROUND_ENTRIES_MAX = 1_000;

const ROUND_BYTES_DEFAULT = 1_048_576;

/** The longest wait: a minute costs nothing, and no timer takes a century. */
const WAIT_MS_MAX = 60_000;

/** With thousands of journals nearly every moment some are due: they are looked for no more often than that, in ms. */
const DUE_MS_MIN = 50;

/** After what trying again soon cannot help, such as a missing right. */
const HOPELESS_MS = 5_000;

/** A {@linkcode JournalWatch} over a source. */
export class JournalTail implements JournalWatch {
  readonly #source: JournalSource;
  readonly #options: JournalWatchOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onClosed: () => void;
  readonly #bytesMax: number;
  readonly #watched = new Map<string, WatchedJournal>();
  /** Those in which something may have happened, in the order of their turns. */
  readonly #queue = new Set<string>();
  readonly #added = new Map<string, JournalAddress>();
  readonly #removed = new Map<string, JournalAddress>();
  readonly #closing = new AbortController();
  #wake = new AbortController();
  /** No journal is due before. */
  #nextDueMs = Infinity;
  /** When they were looked for. */
  #lookedMs = -Infinity;
  #runs = false;

  /** Nothing happens before the first {@linkcode add}. */
  constructor(
    source: JournalSource,
    options: JournalWatchOptions,
    context: { readonly clock: Clock; readonly random: Random; readonly onClosed: () => void },
  ) {
    this.#bytesMax = options.bytesMax ?? ROUND_BYTES_DEFAULT;
    checkWatch(this.#bytesMax);
    this.#source = source;
    this.#options = options;
    this.#clock = context.clock;
    this.#random = context.random;
    this.#onClosed = context.onClosed;
  }

  get size(): number {
    return this.#watched.size;
  }

  add(journal: JournalAddress, afterId: EntryId): void {
    if (this.#closing.signal.aborted) throw new ClosedError("the watch of journals");
    checkJournal(journal);
    parseEntryId(afterId);
    const key = journalText(journal);
    const isFollowed = this.#watched.has(key) || this.#removed.delete(key);
    this.#watched.set(key, new WatchedJournal(journal, afterId));
    if (isFollowed && !this.#added.has(key)) this.#queue.add(key);
    else this.#added.set(key, journal);
    this.#wake.abort();
    if (this.#runs) return;
    this.#runs = true;
    this.#run();
  }

  remove(journal: JournalAddress): boolean {
    const key = journalText(journal);
    if (!this.#watched.delete(key)) return false;
    this.#queue.delete(key);
    if (!this.#added.delete(key)) this.#removed.set(key, journal);
    this.#wake.abort();
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    this.#watched.clear();
    this.#onClosed();
    await this.#source.close();
  }

  /** Turn by turn until it is closed. Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#turn();
        failures = 0;
      } catch (error) {
        if (signal.aborted || error instanceof ClosedError) return;
        this.#trouble(error, null);
        await this.#pause(error, ++failures);
      }
    }
  }

  async #turn(): Promise<void> {
    const wake = this.#wake = new AbortController();
    if (this.#closing.signal.aborted) return;
    this.#enqueueDue();
    const added = new Map(this.#added);
    const removed = [...this.#removed.values()];
    this.#added.clear();
    this.#removed.clear();
    const all = () => Array.from(this.#watched.values(), ({ journal }) => journal);
    const isNew = await this.#source.follow({ added: [...added.values()], removed, all });
    this.#enqueue(isNew ? "all" : added.keys());
    if (this.#queue.size > 0) return await this.#round();
    const timeoutMs = Math.min(WAIT_MS_MAX, Math.max(0, this.#nextDueMs - this.#clock.nowMs()));
    this.#enqueue(await this.#source.wait({ timeoutMs, signal: wake.signal }));
  }

  #enqueue(keys: Iterable<string> | "all"): void {
    for (const key of keys === "all" ? this.#watched.keys() : keys) {
      if (this.#watched.has(key) && !this.#added.has(key)) this.#queue.add(key);
    }
  }

  #enqueueDue(): void {
    const nowMs = this.#clock.nowMs();
    const wasSetBack = nowMs < this.#lookedMs;
    this.#lookedMs = nowMs;
    if (this.#nextDueMs > nowMs && !wasSetBack) return;
    let nextMs = Infinity;
    for (const [key, watched] of this.#watched) {
      if (watched.isDue(nowMs)) this.#queue.add(key);
      else nextMs = Math.min(nextMs, watched.dueAtMs);
    }
    this.#nextDueMs = Math.max(nextMs, nowMs + DUE_MS_MIN);
  }

  /** Reads some journals at once, and tells of them one after the other. */
  async #round(): Promise<void> {
    const turn: [string, WatchedJournal][] = [];
    for (const key of this.#queue) {
      if (turn.length === ROUND_JOURNALS_MAX) break;
      this.#queue.delete(key);
      const watched = this.#watched.get(key);
      if (watched !== undefined) turn.push([key, watched]);
    }
    const bytesMax = Math.max(1, Math.floor(this.#bytesMax / turn.length));
    const reads = turn.map(([, { journal, afterId }]) =>
      this.#source.read(journal, { afterId, count: ROUND_ENTRIES_MAX, bytesMax })
    );
    const read = await Promise.allSettled(reads);
    let trouble: unknown;
    for (const [index, [key, watched]] of turn.entries()) {
      const outcome = read[index];
      if (outcome === undefined || this.#watched.get(key) !== watched) continue;
      if (outcome.status === "fulfilled") {
        await this.#tell(key, watched, outcome.value);
      } else if (isOfOneJournal(outcome.reason)) {
        this.#giveUp(watched.journal, outcome.reason);
      } else {
        trouble = outcome.reason;
        this.#queue.add(key);
      }
    }
    if (trouble !== undefined) throw trouble;
  }

  async #tell(key: string, watched: WatchedJournal, page: JournalPage | null): Promise<void> {
    const { news, hasMore } = watched.take(page, this.#clock.nowMs());
    if (hasMore) this.#queue.add(key);
    this.#nextDueMs = Math.min(this.#nextDueMs, watched.dueAtMs);
    if (news === null) return;
    if (news.snapshot === null) this.remove(watched.journal);
    try {
      await this.#options.onNews(news);
    } catch (error) {
      if (this.#watched.get(key) === watched) this.#giveUp(watched.journal, error);
      else this.#trouble(error, watched.journal);
    }
  }

  #giveUp(journal: JournalAddress, error: unknown): void {
    this.remove(journal);
    this.#trouble(error, journal);
  }

  /** Whom trouble is told cannot make it worse: there is nobody else to tell. */
  #trouble(error: unknown, journal: JournalAddress | null): void {
    try {
      this.#options.onTrouble(error instanceof Error ? error : new Error(String(error)), journal);
    } catch {
      // See above.
    }
  }

  #pause(error: unknown, failures: number): Promise<void> {
    const passes = error instanceof TidemarkError && error.recovery !== "fatal";
    const random = this.#random.next();
    const delayMs = passes ? backoffMs(failures, { ...BROKER_BACKOFF, random }) : HOPELESS_MS;
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#clock.after(delayMs, end);
      signal.addEventListener("abort", end);
    });
  }
}

/** Whether only one journal cannot be read, and not the broker. */
function isOfOneJournal(error: unknown): boolean {
  const isOfBroker = error instanceof BrokerUnavailableError ||
    error instanceof UnknownOutcomeError || error instanceof ClosedError;
  return error instanceof TidemarkError && !isOfBroker && ONE_JOURNAL.has(error.code);
}

const ONE_JOURNAL: ReadonlySet<string> = new Set(["WRONG_TYPE", "JOURNAL_DAMAGED"]);
