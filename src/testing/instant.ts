/**
 * The present instant of virtual time, and how much each process does in it: a loop that never waits would go on for ever,
 * for no time passes that could end it.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";

/**
 * More than so much at one instant, and than so much for each entry and group, is a loop that time does not slow down:
 * without latency, all work of a plan may fall on one instant, and an entry takes at most ten timers, and as many calls and
 * looks at the clock.
 */
const DEEDS_AT_ONCE = 1_000;
const DEEDS_PER_ENTRY = 50;

/** A simulation cannot go on, because something in it goes round without end while no time passes. */
export class EndlessLoopError extends Error {
  /** What goes round and what it does, in a sentence without a period at the end. */
  readonly loop: string;

  /** @param loop What goes round and what it does. */
  constructor(loop: string) {
    super(`Cannot go on: ${loop}`);
    this.loop = loop;
  }
}

/** What a process does at one instant. */
interface Deeds {
  calls: number;
  looks: number;
}

/** Counts what is done at the present instant. */
export class Instant {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #deedsMax: number;
  readonly #deeds = new Map<string, Deeds>();
  /** The last call of each process, whenever it was. */
  readonly #lastCalls = new Map<string, string>();
  #nowMs: number;
  #timers = 0;

  /**
   * @param clock The time that all share; it begins now.
   * @param workCount How many entries there are to handle, counted once for each group.
   */
  constructor(clock: Clock, workCount: number) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
    this.#nowMs = this.#startMs;
    this.#deedsMax = DEEDS_AT_ONCE + DEEDS_PER_ENTRY * workCount;
  }

  /** A timer ran. @throws {EndlessLoopError} When it is one too many. */
  timerRan(): void {
    this.#look();
    if (++this.#timers <= this.#deedsMax) return;
    throw this.#error(this.#busiest(), `${this.#timers} timers ran`);
  }

  /** A process makes a call. @returns an error when it is one too many, `null` otherwise. */
  called(process: string, method: string): EndlessLoopError | null {
    this.#lastCalls.set(process, method);
    const { calls } = this.#count(process, "calls");
    return calls <= this.#deedsMax ? null : this.#error(process, `it made ${calls} calls`);
  }

  /**
   * A process looks at its clock, as its machines do at every turn.
   *
   * @returns an error when it is one too many, `null` otherwise; the count then begins anew.
   */
  looked(process: string): EndlessLoopError | null {
    const { looks } = this.#count(process, "looks");
    if (looks <= this.#deedsMax) return null;
    this.#deeds.delete(process);
    return this.#error(process, `it looked at its clock ${looks} times`);
  }

  #count(process: string, deed: keyof Deeds): Deeds {
    this.#look();
    const deeds = this.#deeds.get(process) ?? { calls: 0, looks: 0 };
    this.#deeds.set(process, deeds);
    deeds[deed]++;
    return deeds;
  }

  /** Begins anew when time has passed. */
  #look(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs === this.#nowMs) return;
    this.#nowMs = nowMs;
    this.#timers = 0;
    this.#deeds.clear();
  }

  /** The process that made the most calls at this instant, `null` when none made any. */
  #busiest(): string | null {
    let busiest: string | null = null;
    let most = 0;
    for (const [process, { calls }] of this.#deeds) {
      if (calls > most) [busiest, most] = [process, calls];
    }
    return busiest;
  }

  #error(process: string | null, done: string): EndlessLoopError {
    const who = process === null ? "something" : `process "${process}"`;
    const last = process === null ? undefined : this.#lastCalls.get(process);
    const call = last === undefined ? "no call was made" : `its last call was "${last}"`;
    const atMs = this.#nowMs - this.#startMs;
    return new EndlessLoopError(
      `${who} goes round without end: after ${atMs} ms no more time passes, ${done}, and ${call}`,
    );
  }
}
