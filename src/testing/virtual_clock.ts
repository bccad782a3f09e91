/**
 * A clock that only moves when it is told to, so that no test waits. Timers run in the order of their times, those of one
 * time in the order in which they were made, and promises settle between any two of them.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock, Timer } from "../ports/clock.ts";

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | null;
}

/** A clock under a test's control. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  #timerCount = 0;
  /** A binary heap: the next one is first. Those that were cancelled stay in it until they come first. */
  readonly #waiting: Waiting[] = [];

  /** @param startMs What it shows at first. */
  constructor(startMs = 1_000_000) {
    this.#nowMs = startMs;
  }

  /** How many timers wait. */
  get timerCount(): number {
    return this.#timerCount;
  }

  /** When the next timer runs, in ms since 1970; `null` when none waits. */
  get nextMs(): number | null {
    return this.#first()?.atMs ?? null;
  }

  /** {@linkcode Clock.nowMs} */
  nowMs(): number {
    return this.#nowMs;
  }

  /** {@linkcode Clock.after} */
  after(delayMs: number, callback: () => void): Timer {
    const waiting: Waiting = { atMs: this.#nowMs + delayMs, order: this.#order++, callback };
    this.#push(waiting);
    this.#timerCount++;
    return {
      cancel: () => {
        if (waiting.callback === null) return;
        waiting.callback = null;
        this.#timerCount--;
      },
    };
  }

  /** Moves on and runs nothing, as time does for a program that keeps its thread busy. */
  jump(byMs: number): void {
    this.#nowMs += byMs;
  }

  /** Moves on to the next timer and runs it; promises have not settled when this returns. @returns `false` for none. */
  step(): boolean {
    const first = this.#first();
    const callback = first?.callback ?? null;
    if (first === undefined || callback === null) return false;
    this.#pop();
    first.callback = null;
    this.#timerCount--;
    this.#nowMs = Math.max(this.#nowMs, first.atMs);
    callback();
    return true;
  }

  /** Moves on, runs what falls due in order, and lets promises settle in between. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    await settle();
    while ((this.nextMs ?? Infinity) <= endMs) {
      this.step();
      await settle();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #first(): Waiting | undefined {
    while (this.#waiting[0]?.callback === null) this.#pop();
    return this.#waiting[0];
  }

  #push(waiting: Waiting): void {
    const heap = this.#waiting;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, waiting)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = waiting;
  }

  #pop(): void {
    const heap = this.#waiting;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[at] = child;
      at = 2 * at + (isRight ? 2 : 1);
    }
    heap[at] = last;
  }
}

/** Lets every promise that can settle without outside help settle: those that are chained run before the next turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function isBefore(one: Waiting, other: Waiting): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
