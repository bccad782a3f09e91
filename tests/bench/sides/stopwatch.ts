/**
 * The handler of every side, which does nothing but count, and the watch that it starts: what comes before the first
 * event, such as connecting and joining, is no part of any figure.
 *
 * @module
 */

import process from "node:process";
import { Histogram } from "../histogram.ts";
import type { Figures } from "./lines.ts";

/** Counts events and measures from the first one on. */
export class Stopwatch {
  readonly #events: number;
  readonly #all = Promise.withResolvers<void>();
  readonly #took = new Histogram();
  #handled = 0;
  #startMs: number | null = null;
  #cpu = process.cpuUsage();

  /** @param events So many are expected. */
  constructor(events: number) {
    this.#events = events;
  }

  /** Resolves when as many events were handled as are expected. */
  get allHandled(): Promise<void> {
    return this.#all.promise;
  }

  /** How many were handled. */
  get handled(): number {
    return this.#handled;
  }

  /** Begins to measure, unless it has begun. The first event does so too. */
  start(): void {
    if (this.#startMs !== null) return;
    this.#cpu = process.cpuUsage();
    this.#startMs = performance.now();
  }

  /** Handles one event. An arrow, so that it can be handed over as it is. */
  readonly handle = (): void => {
    if (this.#handled === 0) this.start();
    if (++this.#handled === this.#events) this.#all.resolve();
  };

  /** Notes how long an event took from publishing to the handler. */
  note(tookMs: number): void {
    this.#took.add(tookMs);
  }

  /** Ends it: the last event is acknowledged. */
  stop(): Figures {
    const seconds = (performance.now() - (this.#startMs ?? NaN)) / 1_000;
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      handled: this.#handled,
      seconds,
      cpuMicros: user + system,
      medianMs: this.#took.quantileMs(0.5),
      p99Ms: this.#took.quantileMs(0.99),
    };
  }
}
