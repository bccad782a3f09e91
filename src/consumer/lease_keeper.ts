/**
 * Keeps the leases of everything that this consumer holds, running or not, so that a long job is never taken from a
 * living consumer. Renews every third of the lease: two renewals may fail before anybody else may take an entry.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { ConsumerFencedError, TidemarkError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Membership } from "../ports/consumer_store.ts";

/** The most ids of one renewal: the broker's script takes no more. */
const RENEW_COUNT_MAX = 1_000;

/** What a keeper needs. */
export interface LeaseKeeperOptions {
  /** The broker. */
  readonly broker: Broker;
  /** Time. */
  readonly clock: Clock;
  /** How long a lease lasts without renewal, in ms. */
  readonly leaseMs: number;
  /** The ids of everything held. */
  readonly ids: () => EntryId[];
  /** Told which entries are another consumer's now. */
  readonly onFenced: (ids: readonly EntryId[]) => void;
  /** Told that a newer process has this consumer's name. */
  readonly onReplaced: (error: ConsumerFencedError) => void;
  /** Told that the place in the group is no more: the group is gone, or was reset. */
  readonly onForgotten: (error: TidemarkError) => void;
}

/** Keeps the leases of one consumer. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #timer: Timer | null = null;
  #membership: Membership | null = null;
  #isStopped = false;

  /** @param options Broker, time, whom to tell. */
  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** Begins, or goes on under a newer membership; not after `stop`: the answer that leads here may come later than it. */
  begin(membership: Membership): void {
    if (this.#isStopped) return;
    this.#membership = membership;
    this.#later();
  }

  /**
   * Renews nothing until it begins again, and hears no answer that is still under way: a consumer that joins again would
   * be told that a newer process has its name, which is itself.
   */
  suspend(): void {
    this.#membership = null;
    this.#timer?.cancel();
  }

  /** Stops renewing, for good. */
  stop(): void {
    this.#isStopped = true;
    this.suspend();
  }

  #later(): void {
    const { clock, leaseMs } = this.#options;
    this.#timer?.cancel();
    this.#timer = clock.after(Math.max(1, Math.floor(leaseMs / 3)), () => {
      this.#renew().finally(() => {
        if (this.#membership !== null) this.#later();
      });
    });
  }

  /**
   * A renewal that fails in passing is not reported: the reading side sees the same fault and backs off. Where the place
   * is no more it is: the reading side may say nothing until a handler ends, whose work can no longer be committed.
   */
  async #renew(): Promise<void> {
    const { broker, ids, onFenced, onReplaced, onForgotten } = this.#options;
    const all = ids();
    let offset = 0;
    do {
      const membership = this.#membership;
      if (membership === null) return;
      try {
        const page = all.slice(offset, offset + RENEW_COUNT_MAX);
        const { fenced } = await broker.renew(membership, page);
        if (this.#membership !== membership) return;
        if (fenced.length > 0) onFenced(fenced);
      } catch (error) {
        if (this.#membership !== membership) return;
        if (error instanceof ConsumerFencedError) onReplaced(error);
        else if (error instanceof TidemarkError && error.recovery === "rejoin") onForgotten(error);
        return;
      }
      offset += RENEW_COUNT_MAX;
    } while (offset < all.length);
  }
}
