/**
 * The memory of runs that have expired: a small journal beside each run that is to expire, which stays a while longer, so
 * that whoever comes too late is told so instead of "there never was such a run".
 *
 * @module
 */

import type { JournalStore } from "../ports/journal_store.ts";

const SPACE = "expired-runs";

/** A week: links to a run are followed for days, and one memory takes less than a kilobyte. */
const MEMORY_MS = 604_800_000;

/** What is known of runs that are gone. */
export class RunMemory {
  readonly #broker: JournalStore;

  /** Nothing is remembered yet. @param broker Where. */
  constructor(broker: JournalStore) {
    this.#broker = broker;
  }

  /**
   * Remembers a run beyond its expiry. Idempotent.
   *
   * @param run Its id.
   * @param expireMs When it will expire, in ms from now.
   */
  async remember(run: string, expireMs: number): Promise<void> {
    const journal = { space: SPACE, name: run };
    const write = { state: "{}", expireMs: expireMs + MEMORY_MS };
    const { created } = await this.#broker.createJournal(journal, write);
    if (!created) await this.#broker.changeJournal(journal, write);
  }

  /** Whether a run that does not exist is known to have expired. */
  async hasExpired(run: string): Promise<boolean> {
    return await this.#broker.loadJournal({ space: SPACE, name: run }) !== null;
  }

  /** Forgets a run, because it was deleted, or stays. Idempotent. */
  async forget(run: string): Promise<void> {
    await this.#broker.deleteJournal({ space: SPACE, name: run });
  }
}
