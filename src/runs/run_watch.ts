/**
 * The one watch of this process for runs: those of other processes that somebody follows here, and its own, which another
 * process may want to cancel. It costs one connection however many they are (S15).
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { ClosedError } from "../domain/errors.ts";
import { printable } from "../domain/printable.ts";
import { runJournal } from "../domain/run.ts";
import { TroubleSpell } from "../domain/trouble_spell.ts";
import type { Clock } from "../ports/clock.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { JournalNews, JournalWatch } from "../ports/journal_watch.ts";
import type { Log } from "../ports/log.ts";

/** A line of a terminal or two. */
const ERROR_LENGTH_MAX = 300;

/** Takes what is new in one run. */
export interface RunWatcher {
  /** Called with the news. */
  news(news: JournalNews): void;
  /** The run cannot be watched any more. */
  broken(error: Error): void;
}

/** Watches runs. */
export class RunWatch implements AsyncDisposable {
  readonly #broker: JournalStore;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #trouble = new TroubleSpell();
  readonly #watchers = new Map<string, RunWatcher>();
  #watch: JournalWatch | null = null;
  #isClosed = false;

  /** Nothing happens before the first {@linkcode RunWatch.add}. */
  constructor(
    broker: JournalStore,
    { log, clock }: { readonly log: Log; readonly clock: Clock },
  ) {
    this.#broker = broker;
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Watches a run from a position on; who watched it before is told nothing more. A broker that is closed is told as
   * broken; a watch that is closed tells nothing.
   */
  add(run: string, options: { readonly afterId: EntryId; readonly watcher: RunWatcher }): void {
    if (this.#isClosed) return;
    const { afterId, watcher } = options;
    try {
      this.#watch ??= this.#open();
      this.#watch.add(runJournal(run), afterId);
      this.#watchers.set(run, watcher);
    } catch (error) {
      if (!(error instanceof ClosedError)) throw error;
      watcher.broken(error);
    }
  }

  /** Ends the watch of a run, if it is still this watcher's. */
  remove(run: string, watcher: RunWatcher): void {
    if (this.#watchers.get(run) !== watcher) return;
    this.#watchers.delete(run);
    this.#watch?.remove(runJournal(run));
  }

  /** Ends all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watchers.clear();
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #open(): JournalWatch {
    return this.#broker.watchJournals({
      onNews: (news) => {
        if (this.#trouble.ends()) this.#log.log("info", "runs are watched again");
        this.#watchers.get(news.journal.name)?.news(news);
      },
      onTrouble: (error, journal) => this.#troubled(error, journal?.name ?? null),
    });
  }

  #troubled(error: Error, run: string | null): void {
    // Of the broker it is told again and again until it passes.
    if (run !== null || this.#trouble.begins(this.#clock.nowMs())) {
      const what = run === null ? "runs cannot be watched for now" : "a run cannot be watched";
      const text = printable(`${error.name}: ${error.message}`, ERROR_LENGTH_MAX);
      this.#log.log("warn", what, { ...(run === null ? {} : { run }), error: text });
    }
    if (run !== null) this.#watchers.get(run)?.broken(error);
  }
}
