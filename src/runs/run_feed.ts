/**
 * Following runs, those of this process and those of others.
 *
 * @module
 */

import { compareEntryIds, type EntryId, parseEntryId } from "../domain/entry_id.ts";
import { ClosedError } from "../domain/errors.ts";
import { checkRunId, runEventAtMs, runEventNumber, runJournal } from "../domain/run.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { SubscribeOptions } from "../ports/run_service.ts";
import type { EventStore } from "./event_store.ts";
import type { PatienceContext } from "./patience.ts";
import type { RunLog } from "./run_log.ts";
import { RunSubscription } from "./run_subscription.ts";
import { RunTail } from "./run_tail.ts";
import type { RunWatch } from "./run_watch.ts";

/** What a feed needs. */
export interface RunFeedOptions extends PatienceContext {
  /** Where. */
  readonly broker: JournalStore;
  /** What is stored. */
  readonly store: EventStore;
  /** The watch of this process. */
  readonly watch: RunWatch;
  /** The events of a run of this process, `undefined` for another one. */
  readonly ownEvents: (run: string) => RunLog | undefined;
}

/** How far the clocks of two machines may be apart, in ms, before a position counts as none. */
const SKEW_MS_MAX = 60_000;

interface Tail {
  readonly opened: Promise<RunTail>;
  readonly subscriptions: Set<RunSubscription>;
  waitingCount: number;
}

/** Lets people follow runs. */
export class RunFeed {
  readonly #options: RunFeedOptions;
  readonly #tails = new Map<string, Tail>();
  readonly #subscriptions = new Set<RunSubscription>();
  #isClosed = false;

  /** Nothing happens before the first subscription. */
  constructor(options: RunFeedOptions) {
    this.#options = options;
  }

  /** How many follow. */
  get size(): number {
    return this.#subscriptions.size;
  }

  /**
   * Follows a run.
   *
   * @throws {InvalidRunIdError} or {InvalidEntryIdError} When it cannot be.
   * @throws {RunMissingError} When there is no such run, or it has expired.
   * @throws {ClosedError} When the feed is closed.
   */
  async subscribe(run: string, options: SubscribeOptions): Promise<RunSubscription> {
    checkRunId(run);
    parseEntryId(options.afterId);
    this.#checkOpen();
    const own = this.#options.ownEvents(run);
    if (own !== undefined) {
      // Nobody has seen more of it than there is here.
      const isBeyond = compareEntryIds(options.afterId, own.lastId) > 0;
      const afterId = isBeyond ? own.lastId : options.afterId;
      return this.#subscription(run, { ...options, afterId, events: own, onClosed: () => {} });
    }
    return await this.#subscribeToOther(run, options);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#isClosed = true;
    for (const subscription of [...this.#subscriptions]) subscription.close();
  }

  async #subscribeToOther(run: string, options: SubscribeOptions): Promise<RunSubscription> {
    const tail = this.#tails.get(run) ?? this.#open(run);
    this.#tails.set(run, tail);
    tail.waitingCount++;
    try {
      const { events } = await tail.opened;
      this.#checkOpen();
      const afterId = this.#believed(options.afterId, events);
      // It may have ended before it was made known, when there was nothing to wait for.
      let made: RunSubscription | null = null;
      const subscription = this.#subscription(run, {
        ...options,
        afterId,
        events,
        onClosed: () => {
          if (made !== null) tail.subscriptions.delete(made);
          this.#release(run, tail);
        },
      });
      made = subscription;
      if (this.#subscriptions.has(subscription)) tail.subscriptions.add(subscription);
      return subscription;
    } finally {
      tail.waitingCount--;
      this.#release(run, tail);
    }
  }

  #subscription(
    run: string,
    options: SubscribeOptions & { readonly events: RunLog; readonly onClosed: () => void },
  ): RunSubscription {
    const { store, clock, random } = this.#options;
    let hasClosed = false;
    let made: RunSubscription | null = null;
    const subscription = new RunSubscription({
      ...options,
      run,
      store,
      clock,
      random,
      onClosed: () => {
        hasClosed = true;
        if (made !== null) this.#subscriptions.delete(made);
        options.onClosed();
      },
    });
    made = subscription;
    if (!hasClosed) this.#subscriptions.add(subscription);
    return subscription;
  }

  #open(run: string): Tail {
    const { broker, store, watch } = this.#options;
    const subscriptions = new Set<RunSubscription>();
    const onBroken = (error: Error) => {
      this.#tails.delete(run);
      for (const subscription of [...subscriptions]) subscription.breakOff(error);
    };
    const open = async () => {
      const snapshot = await broker.loadJournal(runJournal(run));
      if (snapshot !== null) return new RunTail(snapshot, { watch, onBroken });
      await store.get(run); // tells whether it has expired
      throw new ClosedError(`run "${run}"`); // it was made in between: this is as good as too early
    };
    return { opened: open(), subscriptions, waitingCount: 0 };
  }

  #release(run: string, tail: Tail): void {
    if (tail.waitingCount > 0 || tail.subscriptions.size > 0) return;
    if (this.#tails.get(run) === tail) this.#tails.delete(run);
    tail.opened.then((opened) => opened[Symbol.dispose](), () => {});
  }

  /**
   * Who saw events of a run live, elsewhere, can have seen more than is stored yet; what could not have been seen is taken
   * for the end (S8).
   */
  #believed(afterId: EntryId, { lastId, end }: RunLog): EntryId {
    if (compareEntryIds(afterId, lastId) <= 0) return afterId;
    const canBe = end === null && runEventNumber(afterId) > runEventNumber(lastId) &&
      runEventAtMs(afterId) <= this.#options.clock.nowMs() + SKEW_MS_MAX;
    return canBe ? afterId : lastId;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClosedError("the feed of runs");
  }
}
