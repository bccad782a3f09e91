/**
 * One who follows a run from a position on: history, then live, without gap and without double.
 *
 * There is no seam where the two could come apart: it always asks for what lies above its position, in the memory of the
 * run if that reaches back so far, in the store if not. Whoever is at the end is called as soon as an event is there,
 * within the call that brought it. Who returns a promise is given nothing more until it resolves, and falls back on the
 * store when he has become too slow for the memory; nothing is queued for him.
 *
 * @module
 */

import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  previousEntryId,
} from "../domain/entry_id.ts";
import { type RunEvent, runEventNumber, type RunGap, runGap } from "../domain/run.ts";
import { isRunEnd, RUN_GAP_TYPE } from "../domain/run_event.ts";
import { RunMissingError } from "../domain/run_errors.ts";
import type { RunFollowing, RunListener, RunPage } from "../ports/run_service.ts";
import type { EventStore } from "./event_store.ts";
import { passesByItself, type PatienceContext, pause } from "./patience.ts";
import type { LogEnd, RunLog } from "./run_log.ts";

/** What a subscription needs. */
export interface SubscriptionOptions extends PatienceContext {
  /** Its id. */
  readonly run: string;
  /** The position behind which he has seen nothing. */
  readonly afterId: EntryId;
  /** Whom to tell. */
  readonly listener: RunListener;
  /** Closes it; may be aborted within the listener. */
  readonly signal?: AbortSignal;
  /** Its newest events. */
  readonly events: RunLog;
  /** What is stored. */
  readonly store: EventStore;
  /** Called once, at its end. */
  readonly onClosed: () => void;
}

/** One page of history. */
const PAGE_EVENTS = 500;

/** One who follows a run, until its end or until it is closed. */
export class RunSubscription implements RunFollowing {
  readonly #options: SubscriptionOptions;
  readonly #closing = new AbortController();
  readonly #closed = Promise.withResolvers<Error | null>();
  readonly #unfollow: () => void;
  #position: EntryId;
  #isRunning = false;

  /** Begins at once. */
  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#position = options.afterId;
    this.#unfollow = options.events.follow(() => this.#run());
    const { signal } = options;
    const close = () => this.#close(null);
    signal?.addEventListener("abort", close);
    this.#closing.signal.addEventListener("abort", () => {
      signal?.removeEventListener("abort", close);
    });
    if (signal?.aborted) close();
    this.#run();
  }

  /** Resolves at its end: `null` after the end of the run or after `close`, the error when it broke off. */
  get closed(): Promise<Error | null> {
    return this.#closed.promise;
  }

  /** The id of what was told last: where to go on later. */
  get position(): EntryId {
    return this.#position;
  }

  /** Ends it; nothing is told any more. Idempotent. */
  close(): void {
    this.#close(null);
  }

  /** Ends it with an error. Idempotent. */
  breakOff(error: Error): void {
    this.#close(error);
  }

  /** As {@linkcode RunSubscription.close}. */
  [Symbol.dispose](): void {
    this.#close(null);
  }

  #close(error: Error | null): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#unfollow();
    this.#options.onClosed();
    this.#closed.resolve(error);
  }

  /** Runs without a pause up to the first promise, so that a live event is told within the call that brought it. */
  #run(): void {
    if (this.#isRunning || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    this.#tellAll().catch((error: unknown) => {
      this.#close(error instanceof Error ? error : new Error(String(error)));
    });
  }

  async #tellAll(): Promise<void> {
    const { events } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const inMemory = events.after(this.#position);
      if (inMemory === null) {
        await this.#tellPage();
        continue;
      }
      for (const event of inMemory) {
        const telling = this.#tell(event);
        if (telling !== undefined) await telling;
        if (signal.aborted) return;
      }
      if (inMemory.length > 0) continue;
      if (events.end !== null) return await this.#tellEnd(events.end);
      this.#isRunning = false;
      return;
    }
  }

  async #tellPage(): Promise<void> {
    const { events } = this.#options;
    const { signal } = this.#closing;
    const page = await this.#page();
    if (signal.aborted) return;
    if (page === null) return await this.#tellEnd({ status: "deleted", reason: null });
    if (page.gap !== null) await this.#tellGap(page.gap);
    for (const event of page.events) {
      if (signal.aborted) return;
      await this.#tell(event);
    }
    if (signal.aborted || page.events.length > 0) return;
    // The store has lost what it had: there is nothing more to be had before what is in memory.
    const gap = runGap(this.#position, events.afterId);
    if (gap !== null) await this.#tellGap(gap);
    if (compareEntryIds(this.#position, events.afterId) < 0) this.#position = events.afterId;
  }

  /** @returns `null` when the run is gone, or this was closed. */
  async #page(): Promise<RunPage | null> {
    const { store, run, clock, random } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        return await store.getEventsAfter(run, this.#position, PAGE_EVENTS);
      } catch (error) {
        if (error instanceof RunMissingError) return null;
        if (!passesByItself(error)) throw error;
        await pause({ clock, random, error, failures, signal });
      }
    }
    return null;
  }

  #tell(event: RunEvent): void | Promise<void> {
    const { id, type } = event;
    if (compareEntryIds(id, this.#position) <= 0) return;
    if (type === RUN_GAP_TYPE) {
      const gap = runGap(this.#position, id);
      if (gap !== null) return this.#tellGap(gap);
    }
    const before = this.#gapBefore(id);
    if (before === null) return this.#tellEvent(event);
    return this.#thenEvent(this.#tellGap(before), event);
  }

  async #thenEvent(telling: void | Promise<void>, event: RunEvent): Promise<void> {
    await telling;
    if (!this.#closing.signal.aborted) await this.#tellEvent(event);
  }

  #tellEvent(event: RunEvent): void | Promise<void> {
    this.#position = event.id;
    // That the run has ended is told last, when it is certain that nothing comes any more.
    if (!isRunEnd(event)) return this.#options.listener({ kind: "event", event });
  }

  #tellGap(gap: RunGap): void | Promise<void> {
    this.#position = gap.untilId;
    return this.#options.listener({ kind: "gap", gap });
  }

  async #tellEnd({ status, reason }: LogEnd): Promise<void> {
    try {
      await this.#options.listener({ kind: "end", status, reason, lastId: this.#position });
    } finally {
      this.#close(null);
    }
  }

  /** What is missing before an event, as their numbers tell. */
  #gapBefore(id: EntryId): RunGap | null {
    const position = this.#position;
    const number = runEventNumber(position);
    // A position by time, from outside, says nothing of how many were before it.
    const isNumbered = number > 0 || position === ENTRY_ID_ZERO;
    if (!isNumbered || runEventNumber(id) <= number + 1) return null;
    return runGap(position, previousEntryId(id));
  }
}
