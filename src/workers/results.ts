/**
 * What the result of an attempt means for its entry: a settlement that waits for a commit, a rest until the next
 * attempt, or another turn.
 *
 * @module
 */

import { backoffMs } from "../domain/backoff.ts";
import type { AttemptResult } from "./attempt.ts";
import { type GivenUp, giveUp } from "./give_up.ts";
import type { Slot } from "./lane.ts";
import type { PoolOptions } from "./pool_options.ts";
import type { Schedule } from "./schedule.ts";
import type { Settled } from "./settled.ts";

/** What results need. */
export interface ResultsOptions extends
  Pick<
    PoolOptions,
    "attemptsMax" | "backoff" | "clock" | "onFailure" | "order" | "place" | "random"
  > {
  /** Whose turn it is. */
  readonly schedule: Schedule;
  /** What waits for a commit. */
  readonly settled: Settled;
}

/** Applies results. */
export class Results {
  readonly #options: ResultsOptions;

  /** @param options Bounds, and where entries go. */
  constructor(options: ResultsOptions) {
    this.#options = options;
  }

  /** An attempt has ended. */
  apply(slot: Slot, result: AttemptResult): void {
    const { schedule, settled, clock } = this.#options;
    const { id } = slot.delivery;
    if (slot.mustRunAgain) {
      slot.mustRunAgain = false;
      schedule.sendBack([slot]);
    } else if (result.kind === "handled") {
      settled.add(slot, { kind: "handled", id, outputs: result.outputs, work: result.work });
      schedule.endTurn(slot);
    } else if (result.kind === "givenUp") {
      const { reason, error, tried } = result;
      this.#giveUp(slot, { reason, error, attempts: slot.failures + (tried ? 1 : 0) });
    } else if (result.kind === "deferred") {
      const dueAtMs = clock.nowMs() + Math.trunc(result.delayMs);
      this.#defer(slot, { dueAtMs, failures: slot.failures });
    } else if (this.mayTryAgain(slot, result.error)) {
      this.#tryLater(slot, result.error);
    }
  }

  /** Counts a failed attempt. @returns `false` when it was the last one: the entry is given up. */
  mayTryAgain(slot: Slot, error: unknown): boolean {
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

  /** The deferral of an entry was committed: it rests. */
  rest(slot: Slot, later: { readonly dueAtMs: number; readonly failures: number }): void {
    slot.settlement = null;
    slot.dueAtMs = later.dueAtMs;
    slot.failures = later.failures;
    this.#options.schedule.rest(slot);
  }

  /** Puts entries back in their lanes, with what was settled behind them: it was computed from what did not happen. */
  sendBack(slots: readonly Slot[]): void {
    const { schedule, settled } = this.#options;
    const behind = slots.flatMap((slot) => settled.withdrawAfter(slot));
    schedule.sendBack([...slots, ...behind]);
  }

  /** In an ordered group in place, so that its lane waits; otherwise durably deferred, so that nothing waits. */
  #tryLater(slot: Slot, error: unknown): void {
    const { dueAtMs, failures } = slot;
    const { order, onFailure, schedule } = this.#options;
    if (order === "none") return this.#defer(slot, { dueAtMs, failures });
    onFailure(slot.delivery.id, failures, error);
    schedule.rest(slot);
  }

  /** Leaves an entry for later, durably. One with a key keeps its lane; the others let the next one go on. */
  #defer(slot: Slot, later: { readonly dueAtMs: number; readonly failures: number }): void {
    const { schedule, settled } = this.#options;
    settled.add(slot, { kind: "deferred", id: slot.delivery.id, ...later });
    if (slot.lane !== null && slot.lane.key === null) schedule.endTurn(slot);
  }

  #giveUp(slot: Slot, why: GivenUp): void {
    const { place, clock, schedule, settled } = this.#options;
    settled.add(slot, giveUp(slot, why, { place, nowMs: clock.nowMs() }));
    schedule.endTurn(slot);
  }
}
