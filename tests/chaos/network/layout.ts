/**
 * What the struck service works on: two streams, one whose keys keep their order over all consumers and one that is
 * shared freely, each with one group of two processes.
 *
 * @module
 */

import { deadLetterStream } from "../../../src/domain/names.ts";
import type { RedisDataNames } from "../redis_data.ts";

/** One group of one stream. */
export interface Layout extends RedisDataNames {
  readonly order: "key" | "none";
}

/** What is published. */
export interface Numbered {
  readonly number: number;
  /** How long its handler takes, in ms. */
  readonly handleMs: number;
}

/** Keys, so few that most events wait for one before them. */
const KEYS = 7;

/** Every so many events one takes longer than two renewals of its lease. */
const LONG_EVERY = 20;

/** How long a lease lasts, in ms: short, so that a connection that hangs costs it. */
export const LEASE_MS = 600;

/** The streams, under names of their own for every run on one server. */
export function layoutsFor(prefix: string): readonly Layout[] {
  return (["key", "none"] as const).map((order) => {
    const source = `${prefix}-${order}`;
    return {
      order,
      source,
      group: "workers",
      outputs: `{${source}}:outputs`,
      letters: deadLetterStream(source),
    };
  });
}

/** The event with a number. @param options `owner`: who publishes it; his numbers are his own. */
export function eventOf(number: number, { owner }: { readonly owner: string }): {
  readonly type: string;
  readonly key: string;
  readonly idempotencyKey: string;
  readonly data: Numbered;
} {
  const handleMs = number % LONG_EVERY === LONG_EVERY / 2 ? LEASE_MS * 0.7 : number % 3;
  return {
    type: "chaos.numbered",
    key: `k${number % KEYS}`,
    idempotencyKey: `${owner}:${number}`,
    data: { number, handleMs },
  };
}

/** Reads what was published. @throws When it is something else. */
export function numberedOf(data: unknown): Numbered {
  if (typeof data === "object" && data !== null && "number" in data && "handleMs" in data) {
    return { number: Number(data.number), handleMs: Number(data.handleMs) };
  }
  throw new TypeError("Cannot handle an event: its data has no number");
}
