/**
 * Slots and lanes. A slot is one entry in the pool, from the moment it was handed out until its commit was answered. A
 * lane holds the entries that must run one after the other: its head has the turn; what is behind it waits, also while
 * the head rests until its next attempt, so that nothing overtakes.
 *
 * @module
 */

import type { Delivery } from "../domain/entry.ts";
import { compareEntryIds, type EntryId, laterEntryId } from "../domain/entry_id.ts";
import type { HandlerAbortedError } from "../domain/event_errors.ts";
import type { Settlement } from "../domain/settlement.ts";
import type { Timer } from "../ports/clock.ts";

/**
 * Where an entry is in its life in the pool:
 * `waiting` for its turn, `ready` to run, `running`, `resting` until its next attempt, `settled` and waiting for the
 * answer to its commit.
 */
export type SlotState = "waiting" | "ready" | "running" | "resting" | "settled";

/** The worker that runs an attempt, as its entry knows it. */
export interface SlotWorker {
  /** What it is called. */
  readonly name: string;
  /** Tells the attempt to stop; its result comes at once. */
  abort(error: HandlerAbortedError): void;
}

/** An entry in the pool. */
export interface Slot {
  /** The entry. */
  readonly delivery: Delivery;
  /** Its lane, `null` where the order does not matter. */
  readonly lane: Lane | null;
  /** Its data is gone: there is nothing to run. */
  readonly lost: boolean;
  /** Its size, roughly in bytes. */
  readonly bytes: number;
  /** Where it is in its life. */
  state: SlotState;
  /** How many attempts failed. */
  failures: number;
  /** How often a commit held it behind an earlier entry that is not here. */
  heldCount: number;
  /** Until when it rests for that, in ms since 1970; 0 for not. */
  heldUntilMs: number;
  /** Not to be run before this time, in ms since 1970; 0 for at once. */
  dueAtMs: number;
  /** The worker that runs its attempt, `null` for none. */
  worker: SlotWorker | null;
  /** When that attempt began, in ms since 1970. */
  sinceMs: number;
  /** The wait for the next attempt. */
  timer: Timer | null;
  /** What became of it. */
  settlement: Settlement | null;
  /** It was sent back while it ran: run it again, whatever this run says. */
  mustRunAgain: boolean;
}

/** A slot for a new entry. */
export function slotFor(
  delivery: Delivery,
  place: { readonly lane: Lane | null; readonly lost?: boolean },
): Slot {
  let bytes = 0;
  for (const part of delivery.fields) bytes += part.length;
  return {
    delivery,
    lane: place.lane,
    lost: place.lost ?? false,
    bytes,
    state: "waiting",
    failures: delivery.failures,
    heldCount: 0,
    heldUntilMs: 0,
    dueAtMs: delivery.dueAtMs,
    worker: null,
    sinceMs: 0,
    timer: null,
    settlement: null,
    mustRunAgain: false,
  };
}

/** Entries in id order, of which one has the turn. */
export class Lane {
  /** The key, `null` for a lane of entries without one. */
  readonly key: string | null;
  /** The entry that has the turn. */
  head: Slot | null = null;
  /** How many entries of the pool belong to it, settled ones included. */
  size = 0;
  /** The highest id that it ever held, `null` at first. */
  lastId: EntryId | null = null;
  readonly #waiting: Slot[] = [];

  /** @param key What its entries have in common. */
  constructor(key: string | null) {
    this.key = key;
  }

  /** The first entry that waits, `null` for none. */
  get first(): Slot | null {
    return this.#waiting[0] ?? null;
  }

  /** How many entries wait behind the head. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Adds an entry in id order. */
  add(slot: Slot): void {
    const { id } = slot.delivery;
    this.lastId = this.lastId === null ? id : laterEntryId(this.lastId, id);
    let index = this.#waiting.length;
    while (index > 0) {
      const before = this.#waiting[index - 1];
      if (before === undefined || compareEntryIds(before.delivery.id, slot.delivery.id) < 0) break;
      index--;
    }
    this.#waiting.splice(index, 0, slot);
  }

  /** Gives the turn to the next entry. @returns it, or `null` when none waits. */
  advance(): Slot | null {
    this.head = this.#waiting.shift() ?? null;
    return this.head;
  }

  /** What a commit held need not wait any longer for an entry with this id, which is here now: each may have its turn. */
  endHeldRests(id: EntryId): void {
    for (const slot of this.head === null ? this.#waiting : [this.head, ...this.#waiting]) {
      if (compareEntryIds(slot.delivery.id, id) < 0) continue;
      if (slot.dueAtMs === slot.heldUntilMs) slot.dueAtMs = 0; // a failed attempt rests on
      slot.heldUntilMs = 0;
    }
  }

  /** Takes a waiting entry out. */
  remove(slot: Slot): void {
    const index = this.#waiting.indexOf(slot);
    if (index >= 0) this.#waiting.splice(index, 1);
  }
}
