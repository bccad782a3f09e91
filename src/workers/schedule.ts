/**
 * Whose turn it is: deals entries into lanes by key, and knows which of them may run now. It runs nothing itself.
 *
 * @module
 */

import { type Codec, decodeEntry } from "../domain/codec.ts";
import { type Delivery, fieldValue } from "../domain/entry.ts";
import { compareEntryIds } from "../domain/entry_id.ts";
import type { Clock } from "../ports/clock.ts";
import type { Order } from "../ports/consumer_store.ts";
import { Lane, type Slot } from "./lane.ts";

/** What a schedule needs. */
export interface ScheduleOptions {
  /** Whether entries of a key run one after the other. */
  readonly order: Order;
  /** How many handlers run at once: with one, entries without a key keep their order too. */
  readonly workersMax: number;
  /** How entries are read: a codec of the user's own may find the key elsewhere. */
  readonly codec: Codec;
  /** Where they are from. */
  readonly place: { readonly stream: string };
  /** Time. */
  readonly clock: Clock;
  /** Told when an entry that rested is ready. */
  readonly onDue: () => void;
}

/** The longest single timer, in ms: a rest of weeks is made of such slices, above 2^31 a timer fires at once. */
const TIMER_SLICE_MS = 86_400_000;

/** Whose turn it is. */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #keyed = new Map<string, Lane>();
  readonly #keyless: Lane | null;
  readonly #blocked = new Set<Lane>();
  #ready: Slot[] = [];
  #resting = 0;

  /** @param options Order, number of lanes, time. */
  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#keyless = options.workersMax === 1 ? new Lane(null) : null;
  }

  /** How many entries could run now. */
  get readyCount(): number {
    return this.#ready.length;
  }

  /** How many entries rest, or wait behind one that rests. */
  get heldCount(): number {
    let held = this.#resting;
    for (const lane of this.#blocked) held += lane.waitingCount;
    return held;
  }

  /** The lane for an entry: that of its key, the one without a key, or none where the order does not matter. */
  laneFor(delivery: Delivery): Lane | null {
    if (this.#options.order === "none") return null;
    const key = this.#keyOf(delivery);
    if (key === undefined) return this.#keyless;
    let lane = this.#keyed.get(key);
    if (lane === undefined) this.#keyed.set(key, lane = new Lane(key));
    return lane;
  }

  /** Whether an entry comes before others of its lane that this schedule has seen: those must run after it. */
  isLate({ delivery, lane }: Slot): boolean {
    return lane !== null && lane.lastId !== null &&
      compareEntryIds(delivery.id, lane.lastId) < 0;
  }

  /** Adds an entry: it runs when its lane and its time allow. */
  add(slot: Slot): void {
    const { lane } = slot;
    if (lane === null) return this.#giveTurn(slot);
    const isLate = this.isLate(slot);
    if (isLate && lane.key !== null) lane.endHeldRests(slot.delivery.id);
    lane.size++;
    lane.add(slot);
    if (lane.head === null) this.#advance(lane);
    else if (isLate && isBefore(slot, lane.head)) this.#begin(lane);
  }

  /** Takes the next entry that may run now, `null` for none. */
  next(): Slot | null {
    // Taken from the front, a few dozen at most: a batch of one lane has one ready entry at a time.
    return this.#ready.shift() ?? null;
  }

  /** The head has had its turn: the next entry of its lane gets it. */
  endTurn(slot: Slot): void {
    if (slot.lane?.head === slot) this.#advance(slot.lane);
  }

  /** Lets an entry that has the turn rest until it is due; what is behind it waits. */
  rest(slot: Slot): void {
    const { lane } = slot;
    if (lane?.head !== slot || lane.first === null || !isBefore(lane.first, slot)) {
      return this.#giveTurn(slot);
    }
    // One came that goes before it, while the commit of its deferral was under way.
    slot.state = "waiting";
    lane.add(slot);
    this.#advance(lane);
  }

  /** Puts entries back in their places; their lanes begin anew at the first entry that is not settled. */
  sendBack(slots: readonly Slot[]): void {
    for (const slot of slots) {
      slot.settlement = null;
      slot.state = "waiting";
      if (slot.lane !== null) slot.lane.add(slot);
      else this.#giveTurn(slot);
    }
    for (const lane of new Set(slots.map((slot) => slot.lane))) {
      if (lane !== null) this.#begin(lane);
    }
  }

  /** An entry without data is here, whose key nobody knows: what a commit held may have waited for it. */
  endHeldRests({ delivery: { id } }: Slot): void {
    for (const lane of this.#keyed.values()) {
      lane.endHeldRests(id);
      const { head } = lane;
      if (head?.state !== "resting" || head.dueAtMs > 0) continue;
      this.#wake(head);
      this.#giveTurn(head);
      this.#options.onDue();
    }
  }

  /** Takes an entry out, wherever it is. */
  remove(slot: Slot): void {
    this.#wake(slot);
    if (slot.state === "ready") this.#unready(slot);
    const { lane } = slot;
    if (lane === null) return;
    lane.remove(slot);
    lane.size--;
    if (lane.head === slot) this.#advance(lane);
    if (lane.size === 0 && lane.key !== null) this.#keyed.delete(lane.key);
  }

  /** The key by which the broker orders, or the one that the user's own codec finds. */
  #keyOf(delivery: Delivery): string | undefined {
    const { codec, place } = this.#options;
    const field = fieldValue(delivery.fields, "key");
    const key = typeof field === "string" ? field : undefined;
    if (typeof codec !== "function") return key;
    try {
      return decodeEntry(delivery, place.stream, codec).key ?? key;
    } catch {
      return key; // its attempt will say so
    }
  }

  /** Begins a lane anew at its first entry. A head that runs is run again afterwards, where the order matters. */
  #begin(lane: Lane): void {
    const { head } = lane;
    if (head?.state === "running") {
      const isTooEarly = lane.key !== null && lane.first !== null && isBefore(lane.first, head);
      head.mustRunAgain ||= isTooEarly;
      return;
    }
    if (head?.state === "settled") return; // deferred, and its commit is under way
    if (head?.state === "ready" || head?.state === "resting") {
      this.#wake(head);
      if (head.state === "ready") this.#unready(head);
      head.state = "waiting";
      lane.add(head);
    }
    this.#advance(lane);
  }

  #advance(lane: Lane): void {
    const next = lane.advance();
    if (next !== null) this.#giveTurn(next);
  }

  #giveTurn(slot: Slot): void {
    if (slot.dueAtMs > 0 && slot.dueAtMs > this.#options.clock.nowMs()) return this.#rest(slot);
    slot.state = "ready";
    this.#ready.push(slot);
  }

  #rest(slot: Slot): void {
    const waitMs = slot.dueAtMs - this.#options.clock.nowMs();
    slot.state = "resting";
    this.#resting++;
    if (slot.lane?.head === slot) this.#blocked.add(slot.lane);
    slot.timer = this.#options.clock.after(Math.min(waitMs, TIMER_SLICE_MS), () => {
      // It has rested long enough, whatever a clock says that was set back meanwhile.
      if (waitMs <= TIMER_SLICE_MS) slot.dueAtMs = 0;
      this.#wake(slot);
      this.#giveTurn(slot);
      if (slot.state === "ready") this.#options.onDue();
    });
  }

  #wake(slot: Slot): void {
    if (slot.state !== "resting") return;
    slot.timer?.cancel();
    slot.timer = null;
    slot.state = "waiting";
    this.#resting--;
    if (slot.lane?.head === slot) this.#blocked.delete(slot.lane);
  }

  #unready(slot: Slot): void {
    const index = this.#ready.indexOf(slot);
    if (index >= 0) this.#ready.splice(index, 1);
  }
}

function isBefore(left: Slot, right: Slot): boolean {
  return compareEntryIds(left.delivery.id, right.delivery.id) < 0;
}
