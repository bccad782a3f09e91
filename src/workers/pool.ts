/**
 * The pool of one consumer: takes entries in, runs handlers on them lane by lane, and keeps their settlements until the
 * commit has answered. Same key: one after the other, in id order. Different keys: side by side, at most `workersMax`
 * at once. It holds every entry that the broker has lent to this consumer, so that leases can be renewed for all.
 *
 * @module
 */

import { backoffMs } from "../domain/backoff.ts";
import type { Delivery } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import { HandlerAbortedError } from "../domain/event_errors.ts";
import type { Verdict } from "../domain/settlement.ts";
import { Attempt, type AttemptResult } from "./attempt.ts";
import { type GivenUp, giveUp } from "./give_up.ts";
import { type Slot, slotFor } from "./lane.ts";
import type { Load } from "./load.ts";
import type { PoolOptions } from "./pool_options.ts";
import { Pump } from "./pump.ts";
import { Schedule } from "./schedule.ts";
import { Settled } from "./settled.ts";

/** The pool of one consumer. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots = new Map<EntryId, Slot>();
  readonly #schedule: Schedule;
  readonly #settled: Settled;
  readonly #pump: Pump;
  #running = 0;
  #bytes = 0;
  #draining = false;

  /** @param options How it works. */
  constructor(options: PoolOptions) {
    this.#options = options;
    const onDue = () => {
      this.#pump.soon();
      options.onLoad();
    };
    this.#schedule = new Schedule({ ...options, onDue });
    this.#settled = new Settled(options);
    this.#pump = new Pump({
      clock: options.clock,
      canStart: () =>
        this.#running < options.workersMax && !this.#draining && this.#schedule.readyCount > 0,
      start: () => this.#startNext(),
      isIdle: () => this.#isIdle,
      onPause: () => this.#tell(),
    });
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
      settled: this.#settled.count,
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
      const lane = this.#schedule.laneFor(delivery);
      const slot = this.#hold(slotFor(delivery, { lane }));
      const tooEarly = this.#schedule.isLate(slot) ? this.#settled.withdrawAfter(slot) : [];
      this.#schedule.add(slot);
      if (tooEarly.length > 0) this.#schedule.sendBack(tooEarly);
    }
    this.#pump.soon();
  }

  /** Settles entries whose data is gone. */
  admitLost(ids: readonly EntryId[]): void {
    for (const id of ids) {
      if (this.#slots.has(id)) continue;
      const delivery = { id, fields: [], deliveries: 1, failures: 0, dueAtMs: 0 };
      const slot = this.#hold(slotFor(delivery, { lane: null, lost: true }));
      this.#settled.add(slot, { kind: "lost", id });
    }
    this.#tell();
  }

  /**
   * Takes settlements out for a commit, in id order.
   *
   * @param bounds At most so many, and not many more bytes of outputs; at least one.
   */
  takeSettled(bounds: { readonly countMax: number; readonly bytesMax: number }): Slot[] {
    return this.#settled.take(bounds);
  }

  /** Applies what the broker said of a commit, slot by slot. */
  resolve(
    slots: readonly Slot[],
    verdicts: readonly Verdict[],
    workErrors: ReadonlyMap<EntryId, unknown>,
  ): void {
    this.#settled.answered(slots);
    const { clock, backoff, onFailure } = this.#options;
    const failed: Slot[] = [];
    const back: Slot[] = [];
    for (const [index, slot] of slots.entries()) {
      const { id } = slot.delivery;
      if (this.#slots.get(id) !== slot) continue;
      const verdict = verdicts[index] ?? "fenced";
      if (verdict === "failed") {
        failed.push(slot);
        if (!this.#mayTryAgain(slot, workErrors.get(id))) continue;
        onFailure(id, slot.failures, workErrors.get(id));
        back.push(slot);
      } else if (verdict === "held") {
        // What it waits for may not be here yet: not at once again.
        const isBehind = slot.lane !== null && failed.some(({ lane }) => lane === slot.lane);
        if (!isBehind) slot.dueAtMs = clock.nowMs() + backoff.initialMs;
        back.push(slot);
      } else if (verdict === "committed" && slot.settlement?.kind === "deferred") {
        this.#rest(slot, slot.settlement);
      } else {
        this.#forget(slot);
      }
    }
    if (back.length > 0) this.#sendBack(back);
    this.#pump.soon();
    this.#tell();
  }

  /** Lets go of entries that another consumer has now; their handlers are told. */
  fence(ids: readonly EntryId[]): void {
    for (const id of ids) {
      const slot = this.#slots.get(id);
      if (slot !== undefined) this.#drop(slot, "fenced");
    }
    this.#pump.soon();
    this.#tell();
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
    this.#settled.clear();
    for (const slot of [...this.#slots.values()]) this.#drop(slot, reason);
  }

  #hold(slot: Slot): Slot {
    this.#slots.set(slot.delivery.id, slot);
    this.#bytes += slot.bytes;
    return slot;
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#schedule.readyCount === 0;
  }

  #startNext(): void {
    const slot = this.#schedule.next();
    if (slot === null) return;
    const { id, deliveries } = slot.delivery;
    if (slot.lost) return this.#settled.add(slot, { kind: "lost", id });
    slot.state = "running";
    this.#running++;
    if (deliveries > this.#options.deliveriesMax) {
      const reason = `it was handed out ${deliveries} times without being finished`;
      return this.#finish(slot, { kind: "givenUp", reason, error: null, tried: false });
    }
    slot.attempt = new Attempt(slot.delivery, slot.failures, this.#options);
    const result = slot.attempt.run();
    if (!(result instanceof Promise)) return this.#finish(slot, result);
    result.then((later) => {
      this.#finish(slot, later);
      this.#pump.soon();
      this.#tell();
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
      this.#settled.add(slot, { kind: "handled", id, outputs: result.outputs, work: result.work });
      this.#schedule.endTurn(slot);
    } else if (result.kind === "givenUp") {
      const { reason, error, tried } = result;
      this.#giveUp(slot, { reason, error, attempts: slot.failures + (tried ? 1 : 0) });
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
      const reason = `its handler failed ${times}`;
      this.#giveUp(slot, { reason, error, attempts: slot.failures });
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
    this.#settled.add(slot, { kind: "deferred", id: slot.delivery.id, ...later });
    if (slot.lane !== null && slot.lane.key === null) this.#schedule.endTurn(slot);
  }

  #rest(slot: Slot, later: { readonly dueAtMs: number; readonly failures: number }): void {
    slot.settlement = null;
    slot.dueAtMs = later.dueAtMs;
    slot.failures = later.failures;
    this.#schedule.rest(slot);
  }

  #giveUp(slot: Slot, why: GivenUp): void {
    const { place, clock } = this.#options;
    this.#settled.add(slot, giveUp(slot, why, { place, nowMs: clock.nowMs() }));
    this.#schedule.endTurn(slot);
  }

  /** Puts entries back in their lanes, with what was settled behind them: it was computed from what did not happen. */
  #sendBack(slots: readonly Slot[]): void {
    const behind = slots.flatMap((slot) => this.#settled.withdrawAfter(slot));
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
    if (slot.state === "settled") this.#settled.withdraw(slot);
    this.#forget(slot);
    slot.attempt?.abort(new HandlerAbortedError(reason));
  }

  #tell(): void {
    this.#settled.tell(this.#isIdle);
  }
}
