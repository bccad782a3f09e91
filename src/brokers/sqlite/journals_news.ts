/**
 * Where something has happened to journals in SQLite. Every change of a journal has a number; whoever watches remembers
 * the last one that it has seen and asks for the journals with a later one. A change of this process ends its waits at
 * once, one of another process when its commit is noticed (see waiters.ts).
 *
 * @module
 */

import { type JournalAddress, journalText } from "../../domain/journal.ts";
import type { JournalPage, JournalRange } from "../../ports/journal_store.ts";
import type { JournalSource } from "../journal_tail.ts";
import type { Breather } from "./breather.ts";
import type { Connection } from "./connection.ts";
import { type Journals, JOURNALS_WAKE } from "./journals.ts";
import { integerOf, textOf } from "./rows.ts";
import type { Waiters } from "./waiters.ts";

const COUNT = "SELECT changes, removed FROM tidemark_journal_count";
const CHANGED = "SELECT space, name FROM tidemark_journals WHERE change > ?";
const ACTION = "watch journals";

/** What the watches of one broker share. */
export interface JournalNewsContext {
  readonly connection: Connection;
  readonly journals: Journals;
  readonly waiters: Waiters;
  readonly breather: Breather;
}

/** The news of a SQLite broker's journals, for one watch. */
export class SqliteJournalNews implements JournalSource {
  readonly #context: JournalNewsContext;
  readonly #owner: string;
  /** The number of the last change that was seen; `null`: none yet. */
  #seen: number | null = null;

  /** @param owner A name for its waits that nobody else has. */
  constructor(context: JournalNewsContext, owner: string) {
    this.#context = context;
    this.#owner = owner;
  }

  async read(journal: JournalAddress, range: JournalRange): Promise<JournalPage | null> {
    await this.#context.breather.breathe();
    return this.#context.journals.read(journal, range);
  }

  async follow(): Promise<boolean> {
    if (this.#seen !== null) return false;
    this.#changed();
    return true;
  }

  async wait(
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<ReadonlySet<string> | "all"> {
    const { waiters, breather } = this.#context;
    await breather.breathe();
    const before = this.#changed();
    if (before === "all" || before.size > 0) return before;
    await waiters.wait({ stream: JOURNALS_WAKE, owner: this.#owner, timeoutMs, signal });
    return this.#changed();
  }

  async close(): Promise<void> {
    this.#context.waiters.end(this.#owner);
  }

  #changed(): ReadonlySet<string> | "all" {
    const { connection } = this.#context;
    const seen = this.#seen;
    const found = connection.read(ACTION, () => {
      const row = connection.statement(COUNT).get() ?? {};
      const changes = integerOf(row.changes);
      const isUnknown = seen === null || integerOf(row.removed) > seen;
      if (isUnknown || changes === seen) return { changes, isUnknown, rows: [] };
      return { changes, isUnknown, rows: connection.statement(CHANGED).all(seen) };
    });
    this.#seen = found.changes;
    if (found.isUnknown) return "all";
    return new Set(
      found.rows.map(({ space, name }) =>
        journalText({ space: textOf(space), name: textOf(name) })
      ),
    );
  }
}
