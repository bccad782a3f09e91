/**
 * The journal port over SQLite: what blocks becomes a promise, and watches end with the broker.
 *
 * @module
 */

import type { JournalAddress, JournalSnapshot } from "../../domain/journal.ts";
import { ClosedError } from "../../domain/errors.ts";
import type {
  JournalChange,
  JournalChanged,
  JournalCondition,
  JournalCreated,
  JournalList,
  JournalListOptions,
  JournalPage,
  JournalRange,
  JournalStore,
  NewJournal,
} from "../../ports/journal_store.ts";
import type { JournalWatch, JournalWatchOptions } from "../../ports/journal_watch.ts";
import { JournalTail } from "../journal_tail.ts";
import type { AppendContext } from "./append.ts";
import type { Breather } from "./breather.ts";
import { Journals } from "./journals.ts";
import { SqliteJournalNews } from "./journals_news.ts";
import type { Waiters } from "./waiters.ts";

/** The journals of a SQLite broker. */
export class SqliteJournalStore implements JournalStore, AsyncDisposable {
  readonly #context: AppendContext;
  readonly #wakers: { readonly waiters: Waiters; readonly breather: Breather };
  readonly #journals: Journals;
  readonly #watches = new Set<JournalWatch>();
  #watchCount = 0;

  constructor(
    context: AppendContext,
    wakers: { readonly waiters: Waiters; readonly breather: Breather },
  ) {
    this.#context = context;
    this.#wakers = wakers;
    this.#journals = new Journals(context, wakers.waiters);
  }

  async createJournal(journal: JournalAddress, options: NewJournal): Promise<JournalCreated> {
    return await this.#breathing(this.#journals.create(journal, options));
  }

  async changeJournal(journal: JournalAddress, change: JournalChange): Promise<JournalChanged> {
    return await this.#breathing(this.#journals.change(journal, change));
  }

  async loadJournal(journal: JournalAddress): Promise<JournalSnapshot | null> {
    return this.#journals.load(journal);
  }

  async readJournal(journal: JournalAddress, range: JournalRange): Promise<JournalPage | null> {
    return await this.#breathing(this.#journals.read(journal, range));
  }

  async listJournals(space: string, options: JournalListOptions): Promise<JournalList> {
    return this.#journals.list(space, options);
  }

  deleteJournal(journal: JournalAddress, condition: JournalCondition = {}): Promise<boolean> {
    return this.#journals.delete(journal, condition);
  }

  watchJournals(options: JournalWatchOptions): JournalWatch {
    const { connection, clock, random } = this.#context;
    if (!connection.database.isOpen) throw new ClosedError("the SQLite broker");
    const news = { connection, journals: this.#journals, ...this.#wakers };
    const source = new SqliteJournalNews(news, `\0journals ${++this.#watchCount}`);
    const watch = new JournalTail(source, options, {
      clock,
      random,
      onClosed: () => this.#watches.delete(watch),
    });
    this.#watches.add(watch);
    return watch;
  }

  /** Lets others have their turn after the work, not before it: calls keep the order in which they were made. */
  async #breathing<Result>(result: Result): Promise<Result> {
    await this.#wakers.breather.breathe();
    return result;
  }

  /** Ends all watches. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const watch of [...this.#watches]) await watch[Symbol.asyncDispose]();
  }
}
