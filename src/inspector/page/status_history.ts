/**
 * What a process said of its consumers, of late: so that a moment of the past also shows why and how much, and so that
 * rates can be told.
 *
 * @module
 */

import type { ConsumerStatus, InstanceStatus } from "../source.ts";

/** Ten minutes of two a second; a status of forty consumers takes some 40 kB. */
const STATUSES_MAX = 1_200;

/** Rates are those of so long, in ms: long enough to be read, short enough to be now. */
const RATE_MS = 5_000;

/** Statuses in the order of time. */
export class StatusHistory {
  #statuses: InstanceStatus[] = [];

  /** The last one, `null` for none. */
  get last(): InstanceStatus | null {
    return this.#statuses.at(-1) ?? null;
  }

  /** Takes one. */
  take(status: InstanceStatus): void {
    this.#statuses.push(status);
    if (this.#statuses.length > 2 * STATUSES_MAX) {
      this.#statuses = this.#statuses.slice(-STATUSES_MAX);
    }
  }

  /** The last one before a moment; `null` for none. */
  at(atMs: number): InstanceStatus | null {
    return this.#statuses[this.#indexAt(atMs)] ?? null;
  }

  /** How many entries a second a consumer had committed around a moment; `null` when that is not known. */
  rate(
    which: Pick<ConsumerStatus["facts"], "stream" | "group" | "consumer">,
    atMs: number,
  ): number | null {
    const end = this.#indexAt(atMs);
    const last = this.#statuses[end];
    if (last === undefined) return null;
    const now = consumerIn(last, which)?.facts;
    // Only what changed is told: nothing for so long means that nothing was done.
    if (now !== undefined && atMs - last.atMs > RATE_MS) return 0;
    for (let index = end - 1; index >= 0; index--) {
      const status = this.#statuses[index];
      if (status === undefined || now === undefined) return null;
      const isFar = last.atMs - status.atMs >= RATE_MS || index === 0;
      const before = consumerIn(status, which)?.facts;
      if (before === undefined || before.committedCount > now.committedCount) return null;
      if (isFar && last.atMs > status.atMs) {
        return (now.committedCount - before.committedCount) * 1_000 / (last.atMs - status.atMs);
      }
    }
    return null;
  }

  #indexAt(atMs: number): number {
    let low = 0;
    let high = this.#statuses.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#statuses[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** What a status says of one consumer. */
export function consumerIn(
  status: InstanceStatus | null,
  which: {
    readonly stream: string | null;
    readonly group: string | null;
    readonly consumer: string | null;
  },
): ConsumerStatus | undefined {
  return status?.consumers.find(({ facts }) =>
    facts.stream === which.stream && facts.group === which.group &&
    facts.consumer === which.consumer
  );
}
