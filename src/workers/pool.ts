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
import type { AttemptResult } from "./attempt.ts";
import { Crew } from "./crew.ts";
import { type Slot, slotFor } from "./lane.ts";
import type { Load } from "./load.ts";
import type { PoolOptions } from "./pool_options.ts";
import { type PoolView, viewOf } from "./pool_view.ts";
import { PoolWindow } from "./pool_window.ts";
import { Pump } from "./pump.ts";
import { Results } from "./results.ts";
import { Schedule } from "./schedule.ts";
import { Settled } from "./settled.ts";

/** The pool of one consumer. */
export class Pool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #slots = new Map<EntryId, Slot>();
  readonly #schedule: Schedule;
  readonly #settled: Settled;
  readonly #results: Results;
  readonly #pump: Pump;
  readonly #crew: Crew;
  readonly #window: PoolWindow;
  #running = 0;
  #bytes = 0;
  #draining = false;

  /** @param options How it works. Its first workers are hired at once. */
  constructor(options: PoolOptions) {
    this.#options = options;
    this.#window = new PoolWindow(options);
    const onMore = () => {
      this.#pump.soon();
      options.onLoad();
    };
    this.#schedule = new Schedule({ ...options, onDue: onMore });
    this.#settled = new Settled(options);
    this.#results = new Results({
      ...options,
      schedule: this.#schedule,
      settled: this.#settled,
    });
    this.#pump = new Pump({
      clock: options.clock,
      canStart: () => !this.#draining && this.#schedule.readyCount > 0 && this.#crew.provide(),
      start: (nowMs) => this.#startNext(nowMs),
      isIdle: () => this.#isIdle,
      onPause: () => this.#tell(),
      onTurn: () => {
        if (this.#running > 0) this.#crew.turnEnded();
      },
    });
    this.#crew = new Crew({
      ...options,
      onFree: onMore,
      onBroken: (worker, reason) => this.#workerBroke(worker, reason),
    });
  }

  /** What it holds and can take now. */
  get load(): Load {
    const { heldMax, bytesMax } = this.#options;
    const inFlight = this.#slots.size;
    const full = this.#draining || inFlight >= heldMax || this.#bytes >= bytesMax;
    const settled = this.#settled.count;
    const { heldCount: resting } = this.#schedule;
    const { capacity } = this.#crew;
    const demand = full ? 0 : this.#window.room({ inFlight, resting, settled, capacity });
    return { demand, inFlight, running: this.#running, settled };
  }

  /** What it does right now, for people. */
  view(): PoolView {
    return viewOf(this.#slots.values(), this.#crew.count);
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
      this.#schedule.endHeldRests(slot);
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

  /**
   * Applies what the broker said of a commit, slot by slot.
   *
   * @returns Whether an entry was held by an earlier one of its key that is not here.
   */
  resolve(
    slots: readonly Slot[],
    verdicts: readonly Verdict[],
    workErrors: ReadonlyMap<EntryId, unknown>,
  ): boolean {
    this.#settled.answered(slots);
    const { clock, backoff, onFailure } = this.#options;
    const failed: Slot[] = [];
    const back: Slot[] = [];
    let missesEarlier = false;
    for (const [index, slot] of slots.entries()) {
      const { id } = slot.delivery;
      if (this.#slots.get(id) !== slot) continue;
      const verdict = verdicts[index] ?? "fenced";
      if (verdict === "failed") {
        failed.push(slot);
        if (!this.#results.mayTryAgain(slot, workErrors.get(id))) continue;
        onFailure(id, slot.failures, workErrors.get(id));
        back.push(slot);
      } else if (verdict === "held") {
        const isBehind = slot.lane !== null && failed.some(({ lane }) => lane === slot.lane);
        if (!isBehind) {
          // What it waits for is not here yet: not again before that comes, or a time is over, longer each time.
          slot.heldCount++;
          slot.heldUntilMs = clock.nowMs() + backoffMs(slot.heldCount, { ...backoff, random: 1 });
          slot.dueAtMs = slot.heldUntilMs;
          missesEarlier = true;
        }
        back.push(slot);
      } else if (verdict === "committed" && slot.settlement?.kind === "deferred") {
        this.#results.rest(slot, slot.settlement);
      } else {
        this.#forget(slot);
      }
    }
    if (back.length > 0) this.#results.sendBack(back);
    this.#pump.soon();
    this.#tell();
    return missesEarlier;
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

  /** Lets go of what no handler has begun here, but keeps on working. @returns what was let go. */
  handBack(): EntryId[] {
    return this.#dropAll(({ state, failures, delivery }) =>
      (state === "ready" || state === "waiting") && failures === delivery.failures
    );
  }

  /** Lets go of everything; running handlers are told. */
  abandon(reason: "stopped" | "fenced"): void {
    this.#settled.clear();
    for (const slot of [...this.#slots.values()]) this.#drop(slot, reason);
  }

  /** Ends it for good: lets go of everything, and sends its workers home. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true;
    this.abandon("stopped");
    await this.#crew[Symbol.asyncDispose]();
  }

  #hold(slot: Slot): Slot {
    this.#slots.set(slot.delivery.id, slot);
    this.#bytes += slot.bytes;
    return slot;
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#schedule.readyCount === 0;
  }

  #startNext(nowMs: number): void {
    const slot = this.#schedule.next();
    if (slot === null) return;
    const { id, deliveries } = slot.delivery;
    if (slot.lost) return this.#settled.add(slot, { kind: "lost", id });
    if (deliveries > this.#options.deliveriesMax) {
      const reason = `it was handed out ${deliveries} times without being finished`;
      const result = { kind: "givenUp", reason, error: null, tried: false } as const;
      return this.#results.apply(slot, result);
    }
    const worker = this.#crew.first;
    if (worker === null) return this.#schedule.sendBack([slot]);
    slot.state = "running";
    slot.worker = worker;
    slot.sinceMs = nowMs;
    this.#running++;
    const result = worker.run(slot);
    if (!(result instanceof Promise)) {
      worker.end();
      return this.#finish(slot, result);
    }
    this.#crew.keepBusy(worker);
    result.then((later) => {
      this.#crew.release(worker);
      this.#finish(slot, later);
      this.#pump.soon();
      this.#tell();
    });
  }

  #finish(slot: Slot, result: AttemptResult): void {
    this.#running--;
    this.#window.handled(this.#options.clock.nowMs() - slot.sinceMs);
    slot.worker = null;
    if (this.#slots.get(slot.delivery.id) !== slot) return this.#options.onLoad(); // let go of while it ran
    this.#results.apply(slot, result);
    // What rests takes no room, nor does what waits behind it.
    const hasRoomAgain = slot.state !== "settled" && this.load.demand > 0;
    if (this.#draining || hasRoomAgain) this.#options.onLoad();
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
    slot.worker?.abort(new HandlerAbortedError(reason));
  }

  /** A worker broke. What it ran has failed its attempt, and is tried again like everything that failed. */
  #workerBroke(worker: string, reason: string): void {
    const { place: { stream, group, consumer }, log, onLoad } = this.#options;
    const where = { stream, group, consumer, worker };
    log.log("warn", "worker broke, it is being replaced", { ...where, reason });
    onLoad();
  }

  #tell(): void {
    const idle = this.#isIdle;
    if (idle) this.#crew.atRest();
    this.#settled.tell(idle);
  }
}
