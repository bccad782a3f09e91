/**
 * Keeps an eye on every promise that the library hands out: each must settle within its deadline, whatever becomes of
 * the network (L4).
 *
 * @module
 */

import type { Broker } from "../../../src/ports/broker.ts";
import { LATE_MS } from "../../support/loaded_machine.ts";

/** How long calls may take. */
export interface Deadlines {
  /** One attempt to connect, in ms. */
  readonly connectMs: number;
  /** One request, in ms. */
  readonly callMs: number;
}

/** What was seen. */
export interface PromiseFindings {
  /** How many promises there were. */
  readonly count: number;
  /** Those that did not settle in time, or not at all, and how long they took. */
  readonly late: readonly string[];
  /** The longest of all, in ms, and what it was. */
  readonly longestMs: number;
  readonly longest: string;
}

/**
 * The most requests of one call of the broker: a script that the server forgot is sent again with its source, and what
 * came as text may have to be read once more as bytes.
 */
const REQUESTS_MAX = 3;

/** Between two looks whether nothing is under way, in ms. */
const LOOK_MS = 10;

/** Watches promises. */
export class PromiseWatch {
  readonly #deadlines: Deadlines;
  readonly #open = new Map<symbol, { readonly what: string; readonly sinceMs: number }>();
  readonly #late: string[] = [];
  #count = 0;
  #longestMs = 0;
  #longest = "nothing";

  /** @param deadlines How long calls may take. */
  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** How long one call of the broker may take, in ms, if it does not block. */
  get callMsMax(): number {
    const { connectMs, callMs } = this.#deadlines;
    return connectMs + REQUESTS_MAX * callMs + LATE_MS;
  }

  /** Watches one promise. @param bound `withinMs`: when it must have settled. */
  async watch<Result>(
    promise: Promise<Result>,
    bound: { readonly what: string; readonly withinMs: number },
  ): Promise<Result> {
    const { what, withinMs } = bound;
    const sinceMs = performance.now();
    const mark = Symbol(what);
    this.#count++;
    this.#open.set(mark, { what, sinceMs });
    try {
      return await promise;
    } finally {
      this.#open.delete(mark);
      const tookMs = performance.now() - sinceMs;
      if (tookMs > withinMs) this.#late.push(`${what} took ${tookMs.toFixed(0)} ms`);
      if (tookMs > this.#longestMs) [this.#longestMs, this.#longest] = [tookMs, what];
    }
  }

  /** The same broker, whose every promise is watched. */
  broker(broker: Broker): Broker {
    return new Proxy(broker, {
      get: (target, name): unknown => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function" || typeof name !== "string") return value;
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = value.apply(target, args);
          if (!(result instanceof Promise)) return result;
          return this.watch(result, { what: name, withinMs: this.callMsMax + blockMsOf(args) });
        };
      },
    });
  }

  /** Waits until nothing is under way, but no longer than a call may take. */
  async quiet(): Promise<void> {
    const endMs = performance.now() + this.callMsMax;
    while (this.#open.size > 0 && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** What was seen, now that nothing should be under way. */
  findings(): PromiseFindings {
    const nowMs = performance.now();
    const open = [...this.#open.values()].map(({ what, sinceMs }) =>
      `${what} has not settled for ${(nowMs - sinceMs).toFixed(0)} ms`
    );
    const longest = { longestMs: this.#longestMs, longest: this.#longest };
    return { count: this.#count, late: [...this.#late, ...open], ...longest };
  }
}

/** Only a read for new entries blocks, as long as it is told to. */
function blockMsOf([, options]: readonly unknown[]): number {
  if (typeof options !== "object" || options === null || !("blockMs" in options)) return 0;
  return Number(options.blockMs);
}
