/**
 * Keeps the leases of everything that this consumer holds, running or not, so that a long job is never taken from a
 * living consumer. Renews every third of the lease: two renewals may fail before anybody else may take an entry.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { ConsumerFencedError, TidemarkError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { Membership } from "../ports/consumer_store.ts";
import { Rounds } from "./rounds.ts";

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

/**
 * Keeps the leases of one consumer. Suspended, it hears no answer that is still under way: a consumer that joins again would
 * be told that a newer process has its name, which is itself.
 */
export class LeaseKeeper extends Rounds {
  readonly #options: LeaseKeeperOptions;

  /** @param options Broker, time, whom to tell. */
  constructor(options: LeaseKeeperOptions) {
    const { clock, leaseMs } = options;
    super({ clock, everyMs: Math.max(1, Math.floor(leaseMs / 3)) });
    this.#options = options;
  }

  /**
   * A renewal that fails in passing is not reported: the reading side sees the same fault and backs off. Where the place
   * is no more it is: the reading side may say nothing until a handler ends, whose work can no longer be committed.
   */
  protected override async round(membership: Membership): Promise<void> {
    const { broker, ids, onFenced, onReplaced, onForgotten } = this.#options;
    const all = ids();
    let offset = 0;
    do {
      try {
        const page = all.slice(offset, offset + RENEW_COUNT_MAX);
        const { fenced } = await broker.renew(membership, page);
        if (!this.isCurrent(membership)) return;
        if (fenced.length > 0) onFenced(fenced);
      } catch (error) {
        if (!this.isCurrent(membership)) return;
        if (error instanceof ConsumerFencedError) onReplaced(error);
        else if (error instanceof TidemarkError && error.recovery === "rejoin") onForgotten(error);
        return;
      }
      offset += RENEW_COUNT_MAX;
    } while (offset < all.length);
  }
}
