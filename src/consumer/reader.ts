/**
 * Reading for one consumer: its own pending entries first, then new ones. One read is under way at most. It may be started
 * before the machine asks (the next batch is read while this one commits); what comes early is held, and renewed, until then.
 *
 * @module
 */

import type { Delivery } from "../domain/entry.ts";
import { ENTRY_ID_ZERO, type EntryId } from "../domain/entry_id.ts";
import type { Deliveries, Membership } from "../ports/consumer_store.ts";
import type { Span } from "./machine_events.ts";
import { tellLost } from "./lost_entries.ts";
import type { ReaderOptions } from "./reader_options.ts";

/** What a read brought. */
export type ReadAnswer =
  | {
    readonly kind: "read";
    readonly count: number;
    readonly span: Span;
    readonly ownPendingDrained: boolean;
  }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Of a backlog a read takes so many times the usual count, while that is not much more than so many entries: with a small
 * count the calls would cost more than the handlers.
 */
const BACKLOG_TIMES_MAX = 16;
const BACKLOG_COUNT_MAX = 64;

/** A wish for entries. */
export interface ReadRequest {
  /** The own pending list must be read to its end before anything new. */
  readonly ownFirst: boolean;
  /** Asked beside something else: a failure is kept for whoever asks for nothing but entries. */
  readonly isAhead: boolean;
  /** Told once, unless {@linkcode Reader.hold} comes first. Not told while the demand is zero. */
  readonly answer: (answer: ReadAnswer) => void;
}

/** Reads for one consumer. */
export class Reader {
  readonly #options: ReaderOptions;
  #membership: Membership | null = null;
  #held: Delivery[] = [];
  #failure: { readonly error: unknown } | null = null;
  #wanted: ReadRequest | null = null;
  #underWay: Promise<void> | null = null;
  #waitsForNew = false;
  #abort = new AbortController();
  #ownAfter: EntryId | null = ENTRY_ID_ZERO;
  /** What was finished while the own pending list was being read; `null` while it is not. */
  #finished: Set<EntryId> | null = null;
  #countDelivery = true;
  /** An entry of the own pending list is wanted by those that the pool has: it is looked for even where there is no demand. */
  #isMissing = false;
  #isBehind = false;
  #closed = true;

  /** @param options Broker, pool and bounds. */
  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * Begins under a new membership. Its own pending list is read from the start; a read that is still under way for the
   * one before is ended, and what it says does not matter any more.
   */
  begin(membership: Membership): void {
    this.#interrupt();
    this.#membership = membership;
    this.#closed = false;
    this.#ownAfter = ENTRY_ID_ZERO;
    this.#isMissing = false;
    this.#failure = null;
  }

  /** Asks for entries. */
  read(request: ReadRequest): void {
    this.#wanted = request;
    this.#closed = this.#membership === null;
    if (request.ownFirst && this.#ownAfter === null) {
      this.#ownAfter = ENTRY_ID_ZERO;
      this.#interrupt();
    }
    if (this.#held.length > 0 || this.#failure !== null) this.#tell();
    else this.#next();
  }

  /**
   * Reads the own pending list again before anything new. An entry may have been handed out by a read whose answer was
   * lost, after the list was read: on a dead connection the broker goes on waiting for a while (I9). A pool that is full
   * of what waits for that entry has no demand until it comes, so the list is read without, until it brings something.
   */
  lookAgain(): void {
    this.#interrupt();
    this.#ownAfter = ENTRY_ID_ZERO;
    this.#isMissing = true;
  }

  /** An entry is finished: the answer of a read that is under way may still have it. */
  finished(id: EntryId): void {
    this.#finished?.add(id);
  }

  /** The machine does not wait for an answer any more; what comes is held. */
  hold(): void {
    this.#wanted = null;
  }

  /**
   * Takes over entries that nobody renewed; they are held with the others. Those whose data is gone are reported here: the
   * broker has finished them, so that a settlement would be answered `done` and nobody would be told.
   *
   * @returns Where to go on, `null` at the end.
   */
  async claim(
    membership: Membership,
    options: { readonly idleMsMin: number; readonly afterId: EntryId; readonly count: number },
  ): Promise<EntryId | null> {
    const { broker, report } = this.#options;
    const page = await broker.claim(membership, options);
    tellLost(page.lost, { stream: membership.stream, report });
    this.#add(page.entries);
    return page.next;
  }

  /** Adds entries to what is held. */
  #add(entries: readonly Delivery[]): void {
    const { pool } = this.#options;
    const held = new Set(this.heldIds()); // nearly always none: the entries of one answer differ
    for (const entry of entries) {
      if (!pool.has(entry.id) && !held.has(entry.id)) this.#held.push(entry);
    }
  }

  /** Takes what is held. */
  take(): Delivery[] {
    const taken = this.#held;
    this.#held = [];
    return taken;
  }

  /** The ids of what is held. */
  heldIds(): EntryId[] {
    return this.#held.map((entry) => entry.id);
  }

  /** What is held, in short. */
  get span(): Span {
    const first = this.#held[0];
    const last = this.#held[this.#held.length - 1];
    return first === undefined || last === undefined
      ? null
      : { firstId: first.id, lastId: last.id };
  }

  /** Whether it reads no more until asked again. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Lets go of held entries that another consumer has now. */
  fence(ids: readonly EntryId[]): void {
    if (this.#held.length > 0) this.#held = this.#held.filter((entry) => !ids.includes(entry.id));
  }

  /** Ends the wait for new entries, and reads no more until asked again. @returns when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wanted = null;
    this.#interrupt();
    await this.#underWay;
  }

  /**
   * Ends the wait for new entries, and hands these back with what is held before anything else is read: after a quick
   * resume the same entries would be read and then handed back. What waits at the broker for this consumer goes with
   * them, also where there is nothing else: its key would stand still for everybody.
   *
   * @returns When it is done.
   */
  async handBack(unstarted: readonly EntryId[]): Promise<void> {
    const membership = this.#membership;
    const before = this.#underWay;
    this.#closed = true;
    this.#wanted = null;
    this.#interrupt();
    const done = Promise.resolve(before).then(async () => {
      const ids = [...unstarted, ...this.take().map((entry) => entry.id)];
      if (membership === null || (ids.length === 0 && membership.order === "none")) return;
      await this.#options.broker.release(membership, ids);
    });
    this.#occupy(done.catch(() => {}));
    await done;
  }

  /** Ends a wait for new entries. What it may have been given and not returned is found in the own pending list. */
  #interrupt(): void {
    if (!this.#waitsForNew) return;
    this.#waitsForNew = false;
    this.#ownAfter = ENTRY_ID_ZERO;
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  /** How many entries the next read may take. That many only where the demand is for as many, as with quick handlers. */
  get #countMax(): number {
    const { count } = this.#options;
    if (!this.#isBehind) return count;
    return Math.max(count, Math.min(count * BACKLOG_TIMES_MAX, BACKLOG_COUNT_MAX));
  }

  /** Starts the next read, if there is demand and none is under way. */
  #next(): void {
    const membership = this.#membership;
    if (membership === null || this.#closed || this.#underWay !== null) return;
    const demand = this.#options.pool.load.demand - this.#held.length;
    const wanted = this.#isMissing ? Math.max(demand, this.#options.count) : demand;
    if (wanted <= 0) return;
    const fetching = this.#fetch(membership, Math.min(this.#countMax, wanted));
    this.#occupy(fetching.catch((error: unknown) => {
      this.#countDelivery = false;
      if (this.#membership === membership) this.#failure = { error };
    }));
  }

  /** Nothing is read until this has ended, unless something else follows it. */
  #occupy(work: Promise<void>): void {
    const underWay = work.then(() => {
      if (this.#underWay !== underWay) return;
      this.#underWay = null;
      this.#waitsForNew = false;
      this.#tell();
    });
    this.#underWay = underWay;
  }

  async #fetch(membership: Membership, count: number): Promise<void> {
    const { broker, blockMs, report } = this.#options;
    if (this.#ownAfter !== null) {
      const afterId = this.#ownAfter;
      const finished = this.#finished = new Set();
      const page = await broker.readOwnPending(membership, {
        afterId,
        count,
        countDelivery: this.#countDelivery,
      }).finally(() => {
        if (this.#finished === finished) this.#finished = null;
      });
      if (this.#membership !== membership) return;
      if (this.#ownAfter === afterId) this.#ownAfter = page.next;
      if (page.next === null) this.#countDelivery = false;
      this.#keep({
        ...page,
        entries: page.entries.filter(({ id }) => !finished.has(id)),
        lost: page.lost.filter((id) => !finished.has(id)),
      });
    } else {
      const { signal } = this.#abort;
      this.#waitsForNew = true;
      const onLost = (ids: readonly EntryId[]) =>
        tellLost(ids, { stream: membership.stream, report });
      const entries = await broker.readNew(membership, { count, blockMs, signal, onLost });
      // Those of an earlier membership are in the own pending list, which is read again.
      if (this.#membership !== membership) return;
      this.#isBehind = entries.length === count;
      this.#add(entries);
    }
  }

  #keep(page: Deliveries): void {
    const { pool } = this.#options;
    const isNews = page.lost.some((id) => !pool.has(id)) ||
      page.entries.some(({ id }) => !pool.has(id));
    if (isNews || page.next === null) this.#isMissing = false;
    pool.admitLost(page.lost);
    this.#add(page.entries);
  }

  #tell(): void {
    const wanted = this.#wanted;
    if (wanted === null) return;
    this.#wanted = null;
    if (this.#failure !== null) {
      if (wanted.isAhead) return;
      const { error } = this.#failure;
      this.#failure = null;
      wanted.answer({ kind: "failed", error });
      return;
    }
    wanted.answer({
      kind: "read",
      count: this.#held.length,
      span: this.span,
      ownPendingDrained: this.#ownAfter === null,
    });
  }
}
