/**
 * The pool of one consumer: takes entries in, runs handlers on them lane by lane, and keeps their settlements until the
 * commit has answered. Same key: one after the other, in id order. Different keys: side by side, at most `concurrency`
 * at once. It holds every entry that the broker has lent to this consumer, so that leases can be renewed for all.
 *
 * @module
 */

import { backoffMs, type BackoffOptions } from "../domain/backoff.ts";
import { deadLetterFields } from "../domain/dead_letter.ts";
import type { Delivery, EntryFields } from "../domain/entry.ts";
import { compareEntryIds, type EntryId } from "../domain/entry_id.ts";
import { HandlerAbortedError } from "../domain/event_errors.ts";
import type { Settlement, Verdict } from "../domain/settlement.ts";
import type { Order } from "../ports/consumer_store.ts";
import type { Random } from "../ports/random.ts";
import { Attempt, type AttemptOptions, type AttemptResult } from "./attempt.ts";
import { type Slot, slotFor } from "./lane.ts";
import type { Load } from "./load.ts";
import { Schedule } from "./schedule.ts";
import { SettledNotice } from "./settled_notice.ts";

/** How a pool works. */
export interface PoolOptions extends AttemptOptions {
  /** Whether entries of a key run one after the other. */
  readonly order: Order;
  /** How many handlers run at once; at least 1. */
  readonly concurrency: number;
  /** How many runnable entries it holds at most. */
  readonly windowMax: number;
  /** How many entries it holds at most, those included that wait for a later attempt. */
  readonly heldMax: number;
  /** How many bytes of entries it holds at most, roughly. */
  readonly bytesMax: number;
  /** After so many failed attempts an entry is given up. */
  readonly attemptsMax: number;
  /** An entry handed out more often is given up without another attempt. */
  readonly deliveriesMax: number;
  /** Waits between attempts. */
  readonly backoff: BackoffOptions;
  /** Chance, for the jitter. */
  readonly random: Random;
  /** So many settlements are reported at once. */
  readonly noticeCount: number;
  /** Told when settlements wait for a commit. */
  readonly onSettled: () => void;
  /** Told when the load changed otherwise, such as by an entry that is due again. */
  readonly onLoad: () => void;
  /** Told when an attempt failed and the entry will be tried again in place. */
  readonly onFailure: (id: EntryId, failures: number, error: unknown) => void;
}

/** A handler that never waits still lets timers run so often, in ms: leases are renewed by a timer. */
const SLICE_MS = 20;

/** The pool of one consumer. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots = new Map<EntryId, Slot>();
  readonly #schedule: Schedule;
  readonly #notice: SettledNotice;
  #settled: Slot[] = [];
  #committing = 0;
  #running = 0;
  #bytes = 0;
  #pumpIsDue = false;
  #draining = false;

  /** @param options How it works. */
  constructor(options: PoolOptions) {
    this.#options = options;
    const onDue = () => {
      this.#pumpSoon();
      options.onLoad();
    };
    this.#schedule = new Schedule({ ...options, onDue });
    this.#notice = new SettledNotice(options);
  }

  /** What it holds and can take now. */
  get load(): Load {
    const { windowMax, heldMax, bytesMax } = this.#options;
    const inFlight = this.#slots.size;
    const full = this.#draining || inFlight >= heldMax || this.#bytes >= bytesMax;
    const free = windowMax - (inFlight - this.#schedule.heldCount);
    return {
      demand: full ? 0 : Math.max(0, Math.min(free, heldMax - inFlight)),
      inFlight,
      running: this.#running,
      settled: this.#settled.length + this.#committing,
    };
  }

  /** Whether it holds an entry. */
  has(id: EntryId): boolean {
    return this.#slots.has(id);
  }

  /** The ids of all entries that it holds. */
  ids(): EntryId[] {
    return [...this.#slots.keys()];
  }

  /** Takes entries in; those that it has are passed over. Handlers start after the current turn. */
  admit(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (this.#slots.has(delivery.id)) continue;
      const slot = this.#hold(slotFor(delivery, this.#schedule.laneFor(delivery)));
      this.#schedule.add(slot);
    }
    this.#pumpSoon();
  }

  /** Settles entries whose data is gone. */
  admitLost(ids: readonly EntryId[]): void {
    for (const id of ids) {
      if (this.#slots.has(id)) continue;
      const delivery = { id, fields: [], deliveries: 1, failures: 0, dueAtMs: 0 };
      this.#settle(this.#hold(slotFor(delivery, null)), { kind: "lost", id });
    }
    this.#noticeSoon();
  }

  /**
   * Takes settlements out for a commit, in id order.
   *
   * @param bounds At most so many, and not many more bytes of outputs; at least one.
   */
  takeSettled(bounds: { readonly countMax: number; readonly bytesMax: number }): Slot[] {
    this.#settled.sort((a, b) => compareEntryIds(a.delivery.id, b.delivery.id));
    let count = 0;
    let bytes = 0;
    for (const slot of this.#settled) {
      if (count >= bounds.countMax || (count > 0 && bytes >= bounds.bytesMax)) break;
      bytes += outputBytes(slot.settlement);
      count++;
    }
    const taken = this.#settled.splice(0, count);
    this.#committing += taken.length;
    this.#notice.reset();
    return taken;
  }

  /** Applies what the broker said of a commit, slot by slot. */
  resolve(
    slots: readonly Slot[],
    verdicts: readonly Verdict[],
    workErrors: ReadonlyMap<EntryId, unknown>,
  ): void {
    this.#committing -= slots.length;
    const back: Slot[] = [];
    for (const [index, slot] of slots.entries()) {
      const { id } = slot.delivery;
      if (this.#slots.get(id) !== slot) continue;
      const verdict = verdicts[index] ?? "fenced";
      if (verdict === "held") {
        back.push(slot);
      } else if (verdict === "failed") {
        if (this.#mayTryAgain(slot, workErrors.get(id))) back.push(slot);
      } else if (verdict === "committed" && slot.settlement?.kind === "deferred") {
        this.#rest(slot, slot.settlement);
      } else {
        this.#forget(slot);
      }
    }
    if (back.length > 0) this.#sendBack(back);
    this.#pumpSoon();
    this.#noticeSoon();
  }

  /** Lets go of entries that another consumer has now; their handlers are told. */
  fence(ids: readonly EntryId[]): void {
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot !== undefined) this.#drop(slot, "fenced");
    }
    this.#pumpSoon();
    this.#options.onLoad();
  }

  /** Starts no further attempt, and lets go of what does not run. @returns what was let go. */
  drain(): EntryId[] {
    this.#draining = true;
    return this.#dropAll((slot) => slot.state !== "running" && slot.state !== "settled");
  }

  /** Lets go of what no handler has begun, but keeps on working. @returns what was let go. */
  handBack(): EntryId[] {
    return this.#dropAll((slot) =>
      (slot.state === "ready" || slot.state === "waiting") && slot.failures === 0
    );
  }

  /** Lets go of everything; running handlers are told. */
  abandon(reason: "stopped" | "fenced"): void {
    for (const slot of [...this.#slots.values()]) this.#drop(slot, reason);
    this.#committing = 0;
    this.#notice.reset();
  }

  #hold(slot: Slot): Slot {
    this.#slots.set(slot.delivery.id, slot);
    this.#bytes += slot.bytes;
    return slot;
  }

  #pumpSoon(): void {
    if (this.#pumpIsDue || this.#schedule.readyCount === 0) return;
    this.#pumpIsDue = true;
    queueMicrotask(() => this.#pump());
  }

  /** Runs what is ready, until all hands are busy or the slice is over. */
  #pump(): void {
    this.#pumpIsDue = false;
    const { clock, concurrency } = this.#options;
    const endMs = clock.nowMs() + SLICE_MS;
    while (this.#running < concurrency && !this.#draining) {
      const slot = this.#schedule.next();
      if (slot === null) break;
      this.#run(slot);
      if (clock.nowMs() >= endMs) {
        this.#pumpIsDue = true;
        clock.after(0, () => this.#pump());
        break;
      }
    }
    this.#noticeSoon();
  }

  #run(slot: Slot): void {
    slot.state = "running";
    this.#running++;
    const { deliveries } = slot.delivery;
    if (deliveries > this.#options.deliveriesMax) {
      const reason = `it was handed out ${deliveries} times without being finished`;
      return this.#finish(slot, { kind: "givenUp", reason, error: null });
    }
    slot.attempt = new Attempt(slot.delivery, slot.failures, this.#options);
    const result = slot.attempt.run();
    if (!(result instanceof Promise)) return this.#finish(slot, result);
    result.then((later) => {
      this.#finish(slot, later);
      this.#pumpSoon();
      this.#noticeSoon();
    });
  }

  #finish(slot: Slot, result: AttemptResult): void {
    this.#running--;
    slot.attempt = null;
    const { id } = slot.delivery;
    if (this.#slots.get(id) !== slot) return this.#options.onLoad(); // let go of while it ran
    if (slot.mustRunAgain) {
      slot.mustRunAgain = false;
      this.#schedule.sendBack([slot]);
    } else if (result.kind === "handled") {
      this.#settle(slot, { kind: "handled", id, outputs: result.outputs, work: result.work });
      this.#schedule.endTurn(slot);
    } else if (result.kind === "givenUp") {
      this.#giveUp(slot, result);
    } else if (result.kind === "deferred") {
      const dueAtMs = this.#options.clock.nowMs() + Math.trunc(result.delayMs);
      this.#defer(slot, { dueAtMs, failures: slot.failures });
    } else if (this.#mayTryAgain(slot, result.error)) {
      this.#tryLater(slot, result.error);
    }
    if (this.#draining) this.#options.onLoad();
  }

  /** Counts a failed attempt. @returns `false` when it was the last one: the entry is given up. */
  #mayTryAgain(slot: Slot, error: unknown): boolean {
    slot.failures++;
    const { attemptsMax, backoff, clock, random } = this.#options;
    if (slot.failures >= attemptsMax) {
      const times = slot.failures === 1 ? "once" : `${slot.failures} times`;
      this.#giveUp(slot, { reason: `its handler failed ${times}`, error });
      return false;
    }
    slot.dueAtMs = clock.nowMs() + backoffMs(slot.failures, { ...backoff, random: random.next() });
    return true;
  }

  /** In an ordered group in place, so that its lane waits; otherwise durably deferred, so that nothing waits. */
  #tryLater(slot: Slot, error: unknown): void {
    const { dueAtMs, failures } = slot;
    if (this.#options.order === "none") return this.#defer(slot, { dueAtMs, failures });
    this.#options.onFailure(slot.delivery.id, failures, error);
    this.#schedule.rest(slot);
  }

  /** Leaves an entry for later, durably. One with a key keeps its lane; the others let the next one go on. */
  #defer(slot: Slot, later: { readonly dueAtMs: number; readonly failures: number }): void {
    this.#settle(slot, { kind: "deferred", id: slot.delivery.id, ...later });
    if (slot.lane !== null && slot.lane.key === null) this.#schedule.endTurn(slot);
  }

  #rest(slot: Slot, later: { readonly dueAtMs: number; readonly failures: number }): void {
    slot.settlement = null;
    slot.dueAtMs = later.dueAtMs;
    slot.failures = later.failures;
    this.#schedule.rest(slot);
  }

  #giveUp(slot: Slot, result: { readonly reason: string; readonly error: unknown }): void {
    const { place, clock } = this.#options;
    const { delivery } = slot;
    const letter = deadLetterFields({
      stream: place.stream,
      group: place.group,
      consumer: place.consumer,
      id: delivery.id,
      reason: result.reason,
      error: result.error,
      attempts: slot.failures,
      deliveries: delivery.deliveries,
      diedAtMs: clock.nowMs(),
      fields: delivery.fields,
    });
    this.#settle(slot, { kind: "deadLettered", id: delivery.id, letter, reason: result.reason });
    this.#schedule.endTurn(slot);
  }

  #settle(slot: Slot, settlement: Settlement): void {
    slot.state = "settled";
    slot.settlement = settlement;
    this.#settled.push(slot);
  }

  /** Puts entries back in their lanes, with what was settled behind them: it was computed from what did not happen. */
  #sendBack(slots: readonly Slot[]): void {
    const lanes = new Set(slots.map((slot) => slot.lane));
    const behind = this.#settled.filter((slot) =>
      slot.lane !== null && slot.lane.key !== null && lanes.has(slot.lane)
    );
    this.#settled = this.#settled.filter((slot) => !behind.includes(slot));
    this.#schedule.sendBack([...slots, ...behind]);
  }

  /** Forgets an entry that is finished. */
  #forget(slot: Slot): void {
    this.#slots.delete(slot.delivery.id);
    this.#bytes -= slot.bytes;
    this.#schedule.remove(slot);
  }

  #dropAll(which: (slot: Slot) => boolean): EntryId[] {
    const dropped = [...this.#slots.values()].filter(which);
    for (const slot of dropped) this.#drop(slot, "stopped");
    return dropped.map((slot) => slot.delivery.id);
  }

  /** Lets go of an entry that is not finished. */
  #drop(slot: Slot, reason: "stopped" | "fenced"): void {
    const settledAt = this.#settled.indexOf(slot);
    if (settledAt >= 0) this.#settled.splice(settledAt, 1);
    this.#forget(slot);
    slot.attempt?.abort(new HandlerAbortedError(reason));
  }

  #noticeSoon(): void {
    const idle = this.#running === 0 && this.#schedule.readyCount === 0;
    this.#notice.settled(this.#settled.length, idle);
  }
}

/** The size of what a settlement appends, roughly in bytes. */
function outputBytes(settlement: Settlement | null): number {
  if (settlement?.kind === "deadLettered") return partsLength(settlement.letter.fields);
  if (settlement?.kind !== "handled") return 0;
  let bytes = 0;
  for (const output of settlement.outputs) bytes += partsLength(output.fields);
  return bytes;
}

function partsLength(fields: EntryFields): number {
  let length = 0;
  for (const part of fields) length += part.length;
  return length;
}
