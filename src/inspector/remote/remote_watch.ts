/**
 * The one watch of this process for journals of others that it follows: one connection however many they are, and none
 * before the first.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import { type JournalAddress, journalText } from "../../domain/journal.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { JournalNews, JournalWatch } from "../../ports/journal_watch.ts";
import type { Log } from "../../ports/log.ts";

/** Takes what is new in one journal. It is gone, or cannot be watched any more, where there is no snapshot. */
export type RemoteWatcher = (news: Omit<JournalNews, "journal">) => void;

/** Watches journals. */
export class RemoteWatch implements AsyncDisposable {
  readonly #broker: JournalStore;
  readonly #log: Log;
  readonly #watchers = new Map<string, RemoteWatcher>();
  #watch: JournalWatch | null = null;
  #isClosed = false;

  /** Nothing happens before the first {@linkcode RemoteWatch.add}. */
  constructor(broker: JournalStore, log: Log) {
    this.#broker = broker;
    this.#log = log;
  }

  /**
   * Watches a journal from a position on. Tells nothing once it is closed.
   *
   * @throws {ClosedError} When the broker is closed.
   */
  add(
    journal: JournalAddress,
    options: { readonly afterId: EntryId; readonly watcher: RemoteWatcher },
  ): void {
    if (this.#isClosed) return;
    this.#watch ??= this.#open();
    this.#watchers.set(journalText(journal), options.watcher);
    this.#watch.add(journal, options.afterId);
  }

  /** Ends the watch of a journal. */
  remove(journal: JournalAddress): void {
    if (this.#watchers.delete(journalText(journal))) this.#watch?.remove(journal);
  }

  /** Ends all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watchers.clear();
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #open(): JournalWatch {
    return this.#broker.watchJournals({
      onNews: (news) => this.#watchers.get(journalText(news.journal))?.(news),
      onTrouble: (error, journal) => {
        this.#log.log("debug", "other processes cannot be followed for now", {
          error: error.name,
        });
        if (journal === null) return;
        this.#watchers.get(journalText(journal))?.({ gap: null, entries: [], snapshot: null });
      },
    });
  }
}
