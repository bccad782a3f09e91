/**
 * What must be true of one group, by everything that was ever answered about it: who holds which entry, what is
 * finished, how far the checkpoint may be. It is told of every call that succeeded and refuses an answer that breaks a
 * law of `ports/consumer_store.ts`. It knows nothing of how a broker keeps these things.
 *
 * @module
 */

import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { Settlement, Verdict } from "../../src/domain/settlement.ts";
import type { Order } from "../../src/ports/consumer_store.ts";
import { assertLaw } from "./conversation_law.ts";
import type { StreamModel } from "./conversation_stream.ts";

/** An entry that was handed out, handed back, or waits, and is not finished. */
export interface Held {
  /** Whose it is; `null` when it was handed back. */
  owner: string | null;
  /** `false`: it waits for its owner, who has not been given it. */
  isInHands: boolean;
  deliveries: number;
  /** For how long nobody renewed it, by the time that the conversation lets pass; `null` where brokers may differ. */
  idleMs: number | null;
  /** The last read may have taken it off. */
  isFinishedUntold?: boolean;
}

/** What a call handed out, in its order, and what it told to be lost. */
export interface HandedOut {
  readonly entries: readonly { readonly id: EntryId; readonly deliveries: number }[];
  readonly lost: readonly EntryId[];
}

/** One group of one stream. */
export class GroupModel {
  readonly order: Order;
  readonly stream: StreamModel;
  exists = false;
  lastDelivered: EntryId = ENTRY_ID_ZERO;
  readonly pending = new Map<EntryId, Held>();
  hasCheckpoint = false;
  position: EntryId = ENTRY_ID_ZERO;
  done = new Set<EntryId>();
  /** Finished since the group last began anew: never to be finished or handed out again. */
  readonly settled = new Set<EntryId>();
  /** After the group was set back: up to here all comes again, also what is finished meanwhile (V6). */
  comesAgainTo: EntryId = ENTRY_ID_ZERO;
  lostCount = 0;
  quarantinedCount = 0;
  /** The living join of each name: its ticket, `null` after a reset. */
  readonly tickets = new Map<string, string | null>();

  constructor(stream: StreamModel, order: Order) {
    this.stream = stream;
    this.order = order;
  }

  /** Whether calls of this join are to be answered. */
  isLiving(consumer: string, ticket: string): boolean {
    return this.exists && this.tickets.get(consumer) === ticket;
  }

  /** Forgets what a read took off untold, as far as it is no longer listed. */
  forgetUntold(listed: ReadonlySet<unknown>): void {
    for (const [id, held] of this.pending) {
      const isGone = held.isFinishedUntold === true && !listed.has(id);
      held.isFinishedUntold = false;
      if (!isGone) continue;
      this.pending.delete(id);
      this.#finish([]);
    }
  }

  /** Whether nothing is left to do. */
  isRead(): boolean {
    return this.pending.size === 0 && this.stream.after(this.lastDelivered).length === 0;
  }

  /** All is gone. */
  delete(): void {
    this.exists = false;
    this.pending.clear();
    this.tickets.clear();
    this.lostCount = 0;
    this.quarantinedCount = 0;
    this.forgetCheckpoint();
  }

  /** Moved aside or removed: what it said no longer counts. */
  forgetCheckpoint(): void {
    this.hasCheckpoint = false;
    this.position = ENTRY_ID_ZERO;
    this.done.clear();
    this.settled.clear();
  }

  /** A group is made. */
  create(position: EntryId): void {
    this.exists = true;
    this.lastDelivered = position;
    this.comesAgainTo = ENTRY_ID_ZERO;
    this.pending.clear();
  }

  /** Its position is moved in any direction; what is pending stays so. */
  move(position: EntryId): void {
    if (isAbove(this.lastDelivered, this.comesAgainTo)) this.comesAgainTo = this.lastDelivered;
    this.lastDelivered = position;
    this.settled.clear();
  }

  /** `resetGroup`. */
  reset(position: EntryId): void {
    if (this.hasCheckpoint) this.quarantinedCount++;
    this.create(position);
    this.forgetCheckpoint();
    this.hasCheckpoint = true;
    this.position = position;
    for (const consumer of this.tickets.keys()) this.tickets.set(consumer, null);
  }

  /** Ids pending, ascending. */
  ids(where: (held: Held, id: EntryId) => boolean = () => true): EntryId[] {
    return [...this.pending].filter(([id, held]) => where(held, id)).map(([id]) => id)
      .sort(compareEntryIds);
  }

  /** A process joins: what waited for its name is in its hands, as far as the group is concerned. */
  join(consumer: string, ticket: string): void {
    this.tickets.set(consumer, ticket);
    for (const held of this.pending.values()) if (held.owner === consumer) held.isInHands = true;
  }

  /** `readOwnPending`. */
  readOwn(
    consumer: string,
    call: { readonly afterId: EntryId; readonly count: number; readonly countDelivery: boolean },
    { entries, lost }: HandedOut,
  ): void {
    const page = this.ids(({ owner }, id) => owner === consumer && isAbove(id, call.afterId))
      .slice(0, call.count);
    const gone = page.filter((id) => !this.stream.has(id));
    assertLaw(same(lost, gone), "own entries without data are told", { lost, gone });
    for (const id of gone) this.#held(id).isInHands = true;
    for (const id of page.filter((each) => this.stream.has(each))) {
      const { deliveries, isInHands } = this.#held(id);
      const counts = call.countDelivery || !isInHands ? deliveries + 1 : deliveries;
      this.#take(consumer, id, { entries, counts });
    }
    this.#onlyThese(entries, page);
  }

  /** `claim`. */
  claim(
    consumer: string,
    call: { readonly afterId: EntryId; readonly count: number; readonly idleMsMin: number },
    { entries, lost }: HandedOut,
  ): void {
    const page = this.ids(({ owner, idleMs }, id) =>
      isAbove(id, call.afterId) && (owner === null || (idleMs ?? 0) >= call.idleMsMin)
    ).slice(0, call.count);
    const gone = page.filter((id) => !this.stream.has(id));
    for (const id of gone) this.pending.delete(id);
    for (const id of page.filter((each) => this.stream.has(each))) {
      this.#take(consumer, id, { entries, counts: this.#held(id).deliveries + 1 });
    }
    this.#onlyThese(entries, page);
    this.#finishLost(gone, lost);
  }

  /** `readNew`. */
  readNew(consumer: string, count: number, { entries, lost }: HandedOut): void {
    const isNew = (id: EntryId) => isAbove(id, this.lastDelivered);
    const wasPending = entries.filter(({ id }) => !isNew(id));
    const isOrdered = this.order === "key";
    for (const { id } of wasPending) {
      const held = this.#held(id);
      const isFree = held.owner === null || (held.owner === consumer && !held.isInHands);
      assertLaw(isOrdered && isFree, "nothing is read that somebody holds", { id, held });
    }
    // Free ones come before handed-back ones, which are all looked at in id order, up to the number that is wanted.
    const freed = wasPending.filter(({ id }) => this.#held(id).owner === consumer).length;
    const lookedAt = isOrdered
      ? this.ids(({ owner }, id) => owner === null && !isNew(id)).slice(0, count - freed)
      : [];
    const gone = [...lookedAt, ...lost.filter((id) => !lookedAt.includes(id))]
      .filter((id) => !this.stream.has(id)).sort(compareEntryIds);
    for (const id of gone) {
      const { owner, isInHands } = this.#held(id);
      const isFree = owner === null || (owner === consumer && !isInHands);
      assertLaw(isOrdered && isFree, "nothing is lost that somebody holds", { id, owner });
      this.pending.delete(id);
    }
    for (const { id } of wasPending) {
      if (lookedAt.includes(id)) continue;
      this.#take(consumer, id, { entries, counts: this.#held(id).deliveries + 1 });
    }
    for (const id of lookedAt.filter((each) => this.pending.has(each))) {
      this.#take(consumer, id, { entries, counts: this.#held(id).deliveries + 1 });
    }
    // What is free, but may not be handed out after all, begins its lease anew.
    for (const held of this.pending.values()) {
      if (held.owner === consumer && !held.isInHands && held.idleMs !== 0) held.idleMs = null;
    }
    const fresh = this.stream.after(this.lastDelivered).slice(0, count - wasPending.length);
    for (const id of fresh) {
      this.pending.set(id, { owner: consumer, isInHands: true, deliveries: 0, idleMs: 0 });
    }
    for (const id of fresh) this.#take(consumer, id, { entries, counts: 1 });
    this.lastDelivered = fresh.at(-1) ?? this.lastDelivered;
    for (const [id, held] of this.pending) {
      held.isFinishedUntold = this.#mayBeTakenOff(id, consumer);
    }
    this.#onlyThese(entries, [...wasPending.map(({ id }) => id), ...fresh]);
    this.#finishLost(gone, lost);
  }

  /** An entry that a consumer asked for was handed out, or must wait. */
  #take(
    consumer: string,
    id: EntryId,
    { entries, counts }: { readonly entries: HandedOut["entries"]; readonly counts: number },
  ): void {
    const held = this.#held(id);
    const handedOut = entries.find((each) => each.id === id);
    const blockers = this.#blockersOf(id, consumer);
    held.owner = consumer;
    held.idleMs = 0;
    held.isInHands = handedOut !== undefined;
    if (handedOut === undefined) {
      assertLaw(blockers.length > 0, "an entry is held back only for the order of its key", { id });
      return;
    }
    const blocker = blockers.find((before) => !this.#mayBeTakenOff(before, consumer));
    assertLaw(blocker === undefined, "a key is in order and with one consumer", { id, blocker });
    const mayComeAgain = !this.settled.has(id) || !isAbove(id, this.comesAgainTo);
    assertLaw(mayComeAgain, "what is finished never comes again", { id });
    held.deliveries = counts;
    assertLaw(handedOut.deliveries === counts, "hand-outs are counted", { handedOut, counts });
  }

  /** `release`. @returns How many must have been handed back. */
  release(consumer: string, ids: readonly EntryId[] | "all"): number {
    const handedBack = this.ids(({ owner, isInHands }, id) =>
      owner === consumer && this.stream.has(id) && (ids === "all" || !isInHands || ids.includes(id))
    );
    for (const id of handedBack) {
      const held = this.#held(id);
      if (held.isInHands) held.deliveries = Math.max(0, held.deliveries - 1);
      held.owner = null;
      held.isInHands = true;
    }
    return handedBack.length;
  }

  /** `renew`. @returns Which of them must have been fenced. */
  renew(consumer: string, ids: readonly EntryId[]): EntryId[] {
    for (const [id, held] of this.pending) {
      if (held.owner !== consumer || (held.isInHands && !ids.includes(id))) continue;
      // Redis cannot renew an entry without data (T7).
      held.idleMs = this.stream.has(id) ? 0 : null;
    }
    return ids.filter((id) => this.pending.get(id)?.owner !== consumer);
  }

  /** `commit`. @returns The verdicts that it must have had. */
  commit(consumer: string, settlements: readonly Settlement[]): Verdict[] {
    const finished: EntryId[] = [];
    const acknowledged = new Set<EntryId>();
    const verdicts = settlements.map(({ id, kind }): Verdict => {
      const held = this.pending.get(id);
      const isOwn = held !== undefined && held.owner === consumer;
      if (!isAbove(id, this.position) || this.done.has(id)) {
        if (isOwn) acknowledged.add(id);
        return "done";
      }
      if (!isOwn) return "fenced";
      const before = kind === "lost" ? undefined : this.#before(id)
        .findLast((each) => !acknowledged.has(each));
      if (before !== undefined) {
        const { owner, isInHands } = this.#held(before);
        if (owner === consumer && isInHands) return "held";
        held.isInHands = false;
        held.idleMs = this.stream.has(id) ? 0 : null;
        return "fenced";
      }
      if (kind === "deferred") return "committed";
      acknowledged.add(id);
      finished.push(id);
      if (kind === "lost") this.lostCount++;
      return "committed";
    });
    for (const id of acknowledged) this.pending.delete(id);
    this.#finish(finished);
    this.hasCheckpoint = true;
    return verdicts;
  }

  /** What was finished before is not lost, though it came again. */
  #finishLost(gone: readonly EntryId[], told: readonly EntryId[]): void {
    const lost = gone.filter((id) => isAbove(id, this.position) && !this.done.has(id));
    assertLaw(same(told, lost), "what is lost is told", { told, lost });
    if (gone.length === 0) return;
    this.lostCount += lost.length;
    this.#finish(lost);
    this.hasCheckpoint = true;
  }

  /** The position is the highest finished entry that was read and has nothing unfinished before it. */
  #finish(ids: readonly EntryId[]): void {
    for (const id of ids) {
      assertLaw(!this.settled.has(id), "an entry is finished once", { id });
      this.settled.add(id);
      this.done.add(id);
    }
    const [first] = this.ids();
    for (const id of this.done) {
      const isBehindAll = !isAbove(id, this.lastDelivered) &&
        (first === undefined || isAbove(first, id));
      if (isBehindAll && isAbove(id, this.position)) this.position = id;
    }
    this.trimDone();
  }

  /** What is at or below the position need not be remembered. */
  trimDone(): void {
    for (const id of this.done) if (!isAbove(id, this.position)) this.done.delete(id);
  }

  /** Unfinished entries of the same key before an entry, ascending. */
  #before(id: EntryId): EntryId[] {
    const key = this.order === "key" ? this.stream.keyOf(id) : null;
    if (key === null) return [];
    return this.ids((_, other) => isAbove(id, other) && this.stream.keyOf(other) === key);
  }

  #blockersOf(id: EntryId, consumer: string): EntryId[] {
    return this.#before(id).filter((before) => {
      const { owner, isInHands } = this.#held(before);
      return owner !== consumer || !isInHands;
    });
  }

  /** Waits for this consumer, is finished and has no data: a read that finds it free takes it off without a word. */
  #mayBeTakenOff(id: EntryId, consumer: string): boolean {
    const { owner, isInHands } = this.#held(id);
    const isFinished = !isAbove(id, this.position) || this.done.has(id);
    return owner === consumer && !isInHands && isFinished && !this.stream.has(id);
  }

  /** After the group was set back: what nobody has in hands and has no data is found when the group has read on. */
  isFoundLater(): boolean {
    return this.ids(({ owner, isInHands }, id) =>
      isAbove(id, this.lastDelivered) && !this.stream.has(id) && (owner === null || !isInHands)
    ).length > 0;
  }

  #held(id: EntryId): Held {
    const held = this.pending.get(id);
    assertLaw(held !== undefined, "only pending entries are handed out", { id });
    return held;
  }

  #onlyThese(entries: HandedOut["entries"], wanted: readonly EntryId[]): void {
    const others = entries.filter(({ id }) => !wanted.includes(id));
    assertLaw(others.length === 0, "nothing else is handed out", { others, wanted });
  }
}

/** Whether an id lies above another one. */
export function isAbove(id: EntryId, other: EntryId): boolean {
  return compareEntryIds(id, other) > 0;
}

function same(left: readonly EntryId[], right: readonly EntryId[]): boolean {
  return left.length === right.length && left.every((id, index) => id === right[index]);
}
