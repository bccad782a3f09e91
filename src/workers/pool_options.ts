/**
 * What a pool is told: its bounds, and whom it tells.
 *
 * @module
 */

import type { BackoffOptions } from "../domain/backoff.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { Order } from "../ports/consumer_store.ts";
import type { Random } from "../ports/random.ts";
import type { AttemptOptions } from "./attempt.ts";

/** How a pool works. */
export interface PoolOptions extends AttemptOptions {
  /** Whether entries of a key run one after the other. */
  readonly order: Order;
  /** How many handlers run at once; at least 1. */
  readonly workersMax: number;
  /** How many runnable entries it holds at most. */
  readonly windowMax: number;
  /** How many entries it holds at most, those included that wait for a later attempt. */
  readonly heldMax: number;
  /** How many bytes of entries it holds at most, roughly. */
  readonly bytesMax: number;
  /** After so many failed attempts an entry is given up. */
  readonly attemptsMax: number;
  /** An entry handed out more often is given up without another attempt. */
  readonly deliveriesMax: number;
  /** Waits between attempts. */
  readonly backoff: BackoffOptions;
  /** Chance, for the jitter. */
  readonly random: Random;
  /** So many settlements are reported at once. */
  readonly noticeCount: number;
  /** Told when settlements wait for a commit. */
  readonly onSettled: () => void;
  /** Told when the load changed otherwise, such as by an entry that is due again. */
  readonly onLoad: () => void;
  /** Told when an attempt failed and the entry will be tried again in place. */
  readonly onFailure: (id: EntryId, failures: number, error: unknown) => void;
}
