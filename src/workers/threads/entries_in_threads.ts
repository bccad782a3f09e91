/**
 * The entries whose code runs in a thread of one consumer, for as long as it runs: an attempt that was told to stop may
 * go on for a while after its result is known, and the next attempt on the same entry waits for it.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";

/** An entry comes again within minutes; a thousand at once are no more the fault of single entries. */
const BLOCKING_MAX = 1_000;

/** The entries whose code runs in a thread. */
export class EntriesInThreads {
  readonly #running = new Map<EntryId, PromiseWithResolvers<void>>();
  readonly #blocking = new Set<EntryId>();

  /** Resolves when the code of an earlier attempt on an entry has ended; `null` when none runs. */
  earlier(id: EntryId): Promise<void> | null {
    return this.#running.get(id)?.promise ?? null;
  }

  /** An attempt begins. */
  begin(id: EntryId): void {
    this.#running.set(id, Promise.withResolvers<void>());
  }

  /** None of its code runs any more, or nothing more can be done about it. */
  end(id: EntryId): void {
    this.#running.get(id)?.resolve();
    this.#running.delete(id);
  }

  /** Its handler keeps a thread busy that cannot be ended: it costs a processor, and must not cost a second one. */
  blocks(id: EntryId): void {
    this.#blocking.add(id);
    for (const oldest of this.#blocking) {
      if (this.#blocking.size <= BLOCKING_MAX) return;
      this.#blocking.delete(oldest);
    }
  }

  /** Whether its handler keeps a thread busy that cannot be ended; asked once. */
  takeBlocking(id: EntryId): boolean {
    return this.#blocking.delete(id);
  }
}
