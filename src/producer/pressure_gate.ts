/**
 * The gate through which every append of a producer with backpressure goes.
 *
 * It is open as long as the last look at the stream found it below the level from which on to hold back, and costs
 * nothing then: the next look, due after the interval, runs beside the appends. Only the first append, and the first
 * one after a long silence, waits for a look, because nothing useful is known.
 *
 * With `reject` a closed gate refuses. With `wait` appends queue up and are let go in order, and an open gate lets
 * through no more entries between two looks than the last one found room for; so a burst, or a long queue that is let
 * go, cannot run far past a bound. What cannot be measured for now neither closes the gate nor opens it.
 *
 * @module
 */

import { measureDelayMs } from "../backpressure/pace.ts";
import { ClosedError, recoveryOf } from "../domain/errors.ts";
import { isLevelAtLeast, type PressureReason } from "../domain/pressure.ts";
import { BackpressureError } from "../domain/pressure_errors.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { ResolvedBackpressure } from "./backpressure_options.ts";
import { type PressureEye, type PressureView, UNSEEN } from "./pressure_eye.ts";

/** How a gate works. */
export interface PressureGateOptions
  extends Pick<ResolvedBackpressure, "when" | "then" | "waitMsMax" | "intervalMs"> {
  /** Whose gate it is, for the error after it was closed. */
  readonly owner: string;
  /** Makes an eye that has seen nothing yet. */
  readonly openEye: () => PressureEye;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
}

/** What an append tells the gate. */
export interface PassOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal | undefined;
  /** How many events of its list were appended before. */
  readonly publishedCount: number;
}

/** An append that waits. */
interface Waiting extends PassOptions {
  readonly count: number;
  readonly settle: (error?: unknown) => void;
}

/** After so many intervals without a look a level says nothing any more: a calm one would take three looks to show. */
const STALE_INTERVALS = 10;

/** The gate of one producer. */
export class PressureGate {
  readonly #options: PressureGateOptions;
  /** In order: the first one goes first. */
  readonly #waiting = new Set<Waiting>();
  #eye: PressureEye;
  #view: PressureView | null = null;
  /** A look's error that waiting cannot help. */
  #fault: { readonly error: unknown } | null = null;
  #room = Infinity;
  /** Entries that were let through and are not known to be in the stream yet: a look may miss them. */
  #underWay = 0;
  /** Entries that a look under way may miss. */
  #missed: number | null = null;
  #failures = 0;
  #lookedAtMs = 0;
  #nextLookAtMs = -Infinity;
  #timer: Timer | null = null;
  #closed = false;

  /** Makes a gate; nothing is asked before the first append. */
  constructor(options: PressureGateOptions) {
    this.#options = options;
    this.#eye = options.openEye();
  }

  /**
   * Waits until entries may be appended. Who was let through says {@linkcode PressureGate.landed} afterwards.
   *
   * @param count How many entries.
   * @throws {BackpressureError} When the gate is closed, or stayed closed for `waitMsMax`.
   * @throws {ClosedError} When the gate's owner was closed, or the broker.
   * @throws The signal's reason; what a look throws that waiting cannot help.
   */
  async pass(count: number, options: PassOptions): Promise<void> {
    if (this.#closed) throw new ClosedError(this.#options.owner);
    options.signal?.throwIfAborted();
    this.#lookIfDue();
    const isKnown = this.#view !== null && this.#waiting.size === 0;
    if (!isKnown) return await this.#wait(count, options);
    if (this.#fault !== null) throw this.#fault.error;
    const refusal = this.#refusal();
    if (refusal === null && this.#room > 0) return this.#take(count);
    if (refusal !== null && this.#options.then === "reject") {
      throw new BackpressureError(refusal, { publishedCount: options.publishedCount });
    }
    await this.#wait(count, options);
  }

  /** The append that was let through ended, well or not. */
  landed(count: number): void {
    this.#underWay -= count;
  }

  /** Settles every append that waits. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settleAll(new ClosedError(this.#options.owner));
  }

  #take(count: number): void {
    this.#underWay += count;
    this.#room -= count;
    if (this.#missed !== null) this.#missed += count;
  }

  /** Why nothing may pass, `null` when it may. */
  #refusal(): PressureReason | null {
    const { level, reason } = this.#view ?? UNSEEN;
    return isLevelAtLeast(level, this.#options.when) ? reason : null;
  }

  #lookIfDue(): void {
    if (this.#missed !== null || this.#timer !== null) return;
    const { clock, intervalMs, openEye } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs > this.#nextLookAtMs + STALE_INTERVALS * intervalMs && this.#view !== null) {
      this.#eye = openEye();
      this.#view = null;
    }
    // Before the last look: the clock was set back.
    if (nowMs >= this.#nextLookAtMs || nowMs < this.#lookedAtMs) void this.#look();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    this.#timer = null;
    this.#missed = this.#underWay;
    try {
      const view = await this.#eye.look();
      this.#view = view;
      this.#failures = 0;
      this.#fault = null;
      this.#room = this.#options.then === "wait" ? view.room - this.#missed : Infinity;
    } catch (error) {
      this.#view ??= UNSEEN;
      const isFatal = recoveryOf(error) === "fatal";
      this.#fault = isFatal ? { error } : null;
      this.#failures = isFatal ? 0 : this.#failures + 1;
      this.#room = Infinity;
    }
    this.#missed = null;
    const { clock, random, intervalMs } = this.#options;
    this.#lookedAtMs = clock.nowMs();
    this.#nextLookAtMs = this.#lookedAtMs +
      measureDelayMs(this.#failures, { intervalMs, random: random.next() });
    if (!this.#closed) this.#letGo();
  }

  #letGo(): void {
    if (this.#fault !== null) return this.#settleAll(this.#fault.error);
    const refusal = this.#refusal();
    for (const waiting of this.#waiting) {
      if (refusal !== null && this.#options.then === "reject") {
        const { publishedCount } = waiting;
        waiting.settle(new BackpressureError(refusal, { publishedCount }));
      } else if (refusal === null && this.#room > 0) {
        this.#take(waiting.count);
        waiting.settle();
      } else break;
    }
    if (this.#waiting.size > 0) this.#planLook();
  }

  /** Who waits is let go by a look; so there is a timer exactly while somebody waits and no look is under way. */
  #planLook(): void {
    if (this.#timer !== null || this.#missed !== null) return;
    const { clock } = this.#options;
    const delayMs = Math.max(0, this.#nextLookAtMs - clock.nowMs());
    this.#timer = clock.after(delayMs, () => void this.#look());
  }

  #settleAll(error: unknown): void {
    for (const waiting of this.#waiting) waiting.settle(error);
  }

  #wait(count: number, options: PassOptions): Promise<void> {
    const { clock, then } = this.#options;
    const waitMsMax = then === "wait" ? this.#options.waitMsMax : 0;
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const timer = waitMsMax === 0 ? null : clock.after(waitMsMax, () => this.#giveUp(waiting));
      const abort = () => waiting.settle(signal?.reason);
      const waiting: Waiting = {
        ...options,
        count,
        settle: (...error) => {
          timer?.cancel();
          signal?.removeEventListener("abort", abort);
          this.#waiting.delete(waiting);
          if (this.#waiting.size === 0) this.#cancelTimer();
          if (error.length === 0) resolve();
          else reject(error[0]);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(waiting);
      this.#planLook();
    });
  }

  /** The time of a waiting append is over. When nothing was seen at all, nothing speaks against it. */
  #giveUp(waiting: Waiting): void {
    const { waitMsMax: waitedMs } = this.#options;
    const { publishedCount } = waiting;
    const reason = this.#refusal() ?? this.#view?.roomReason ?? null;
    if (reason === null) {
      this.#take(waiting.count);
      waiting.settle();
    } else {
      waiting.settle(new BackpressureError(reason, { publishedCount, waitedMs }));
    }
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
