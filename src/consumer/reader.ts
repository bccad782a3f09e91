/**
 * Reading for one consumer: its own pending entries first, then new ones. One read is
 * under way at most. It may be started before the machine asks for it (the read of the next batch is in flight while
 * this one commits); what comes early is held until it is asked for, and its leases are renewed meanwhile.
 *
 * @module
 */

import type { Delivery } from "../domain/entry.ts";
import { ENTRY_ID_ZERO, type EntryId } from "../domain/entry_id.ts";
import type { Broker } from "../ports/broker.ts";
import type { Deliveries, Membership } from "../ports/consumer_store.ts";
import type { Pool } from "../workers/pool.ts";
import type { Span } from "./machine_events.ts";

/** What a read brought. */
export type ReadAnswer =
  | {
    readonly kind: "read";
    readonly count: number;
    readonly span: Span;
    readonly ownPendingDrained: boolean;
  }
  | { readonly kind: "failed"; readonly error: unknown };

/** What a reader needs. */
export interface ReaderOptions {
  /** The broker. */
  readonly broker: Broker;
  /** Whose demand bounds the reads. */
  readonly pool: Pool;
  /** At most so many entries a read. */
  readonly count: number;
  /** How long a read waits for new entries, in ms. */
  readonly blockMs: number;
}

/** Reads for one consumer. */
export class Reader {
  readonly #options: ReaderOptions;
  #membership: Membership | null = null;
  #held: Delivery[] = [];
  #failure: { readonly error: unknown } | null = null;
  #wanted: ((answer: ReadAnswer) => void) | null = null;
  #underWay: Promise<void> | null = null;
  #waitsForNew = false;
  #abort = new AbortController();
  #ownAfter: EntryId | null = ENTRY_ID_ZERO;
  #countDelivery = true;
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
    this.#failure = null;
  }

  /**
   * Asks for entries.
   *
   * @param request `ownFirst`: the own pending list must be read to its end before anything new; `answer`: told once,
   * unless {@linkcode Reader.hold} comes first. Not told while the demand is zero.
   */
  read(
    request: { readonly ownFirst: boolean; readonly answer: (answer: ReadAnswer) => void },
  ): void {
    this.#wanted = request.answer;
    this.#closed = this.#membership === null;
    if (request.ownFirst && this.#ownAfter === null) {
      this.#ownAfter = ENTRY_ID_ZERO;
      this.#interrupt();
    }
    if (this.#held.length > 0 || this.#failure !== null) this.#tell();
    else this.#next();
  }

  /** The machine does not wait for an answer any more; what comes is held. */
  hold(): void {
    this.#wanted = null;
  }

  /**
   * Takes over entries that nobody renewed; they are held with the others.
   *
   * @returns Where to go on, `null` at the end.
   */
  async claim(
    membership: Membership,
    options: { readonly idleMsMin: number; readonly afterId: EntryId; readonly count: number },
  ): Promise<EntryId | null> {
    const page = await this.#options.broker.claim(membership, options);
    this.#keep(page);
    return page.next;
  }

  /** Adds entries to what is held. */
  #add(entries: readonly Delivery[]): void {
    const { pool } = this.#options;
    for (const entry of entries) {
      if (!pool.has(entry.id) && !this.#held.some((held) => held.id === entry.id)) {
        this.#held.push(entry);
      }
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
   * resume the same entries would be read and then handed back.
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
      if (membership === null || ids.length === 0) return;
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

  /** Starts the next read, if there is demand and none is under way. */
  #next(): void {
    const membership = this.#membership;
    if (membership === null || this.#closed || this.#underWay !== null) return;
    const demand = this.#options.pool.load.demand - this.#held.length;
    if (demand <= 0) return;
    const fetching = this.#fetch(membership, Math.min(this.#options.count, demand));
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
    const { broker, blockMs } = this.#options;
    if (this.#ownAfter !== null) {
      const afterId = this.#ownAfter;
      const page = await broker.readOwnPending(membership, {
        afterId,
        count,
        countDelivery: this.#countDelivery,
      });
      if (this.#membership !== membership) return;
      if (this.#ownAfter === afterId) this.#ownAfter = page.next;
      if (page.next === null) this.#countDelivery = false;
      this.#keep(page);
    } else {
      const { signal } = this.#abort;
      this.#waitsForNew = true;
      const entries = await broker.readNew(membership, { count, blockMs, signal });
      // Those of an earlier membership are in the own pending list, which is read again.
      if (this.#membership === membership) this.#add(entries);
    }
  }

  #keep(page: Deliveries): void {
    this.#options.pool.admitLost(page.lost);
    this.#add(page.entries);
  }

  #tell(): void {
    const wanted = this.#wanted;
    if (wanted === null) return;
    this.#wanted = null;
    if (this.#failure !== null) {
      const { error } = this.#failure;
      this.#failure = null;
      wanted({ kind: "failed", error });
      return;
    }
    wanted({
      kind: "read",
      count: this.#held.length,
      span: this.span,
      ownPendingDrained: this.#ownAfter === null,
    });
  }
}
