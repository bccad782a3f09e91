/**
 * The books of the clients of the scenario `sse`: what arrived at each, and how long it took.
 *
 * @module
 */

import { Histogram } from "../histogram.ts";
import type { z } from "@hono/zod-openapi";
import type { ClientSettings, received } from "./lines.ts";

/** Takes an event that has arrived. */
export type Take = (number: number, tookMs: number) => void;

/** What was found, without what only the process knows. */
export type Found = Omit<z.infer<typeof received>, "cpuShare">;

/** What has arrived, of all clients together. */
export class Books {
  /** How many events. */
  delivered = 0;
  /** When the last one came, by `performance.now()`. */
  lastMs = performance.now();
  readonly #settings: ClientSettings;
  readonly #took = new Histogram();
  #distinct = 0;
  #doubled = 0;
  #disordered = 0;

  /** Nothing has arrived. */
  constructor(settings: ClientSettings) {
    this.#settings = settings;
  }

  /** For one client: whether it gets everything once and in order. */
  openAccount(): Take {
    const { warmUpEvents, events } = this.#settings;
    const seen = new Uint8Array(warmUpEvents + events + 1);
    let last = 0;
    return (number, tookMs) => {
      this.delivered++;
      this.lastMs = performance.now();
      if (number > warmUpEvents) this.#took.add(tookMs);
      if (seen[number] === 1) this.#doubled++;
      else this.#distinct++;
      if (number < last) this.#disordered++;
      seen[number] = 1;
      last = number;
    };
  }

  /** What was found. */
  result(): Found {
    const { clients, warmUpEvents, events } = this.#settings;
    return {
      delivered: this.delivered,
      lost: clients * (warmUpEvents + events) - this.#distinct,
      doubled: this.#doubled,
      disordered: this.#disordered,
      medianMs: this.#took.quantileMs(0.5),
      p99Ms: this.#took.quantileMs(0.99),
      maxMs: this.#took.maxMs,
    };
  }
}
