/**
 * What a pool is told: its bounds, and whom it tells.
 *
 * @module
 */

import type { BackoffOptions } from "../domain/backoff.ts";
import type { Codec } from "../domain/codec.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { Clock } from "../ports/clock.ts";
import type { Order } from "../ports/consumer_store.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { ActorHost } from "./actor_host.ts";
import type { AttemptPlace } from "./handler.ts";
import type { WorkerFactory } from "./worker.ts";

/** How a pool works. */
export interface PoolOptions {
  /** Where the entries are from. */
  readonly place: AttemptPlace;
  /** How entries are read: their keys decide who waits for whom. */
  readonly codec: Codec;
  /** Whether entries of a key run one after the other. */
  readonly order: Order;
  /** How many workers there are at least; 1 to `workersMax`. */
  readonly workersMin: number;
  /** How many workers there are at most, and so how many handlers run at once; at least 1. */
  readonly workersMax: number;
  /** Makes the workers. */
  readonly workers: WorkerFactory;
  /** The parent of the workers' actors. */
  readonly host: ActorHost;
  /** How many entries may run or wait for their turn, and how many for a commit. */
  readonly windowMax: number;
  /** The same where handlers finish so many within milliseconds. Default `windowMax`. */
  readonly quickWindowMax?: number;
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
  /** Time. */
  readonly clock: Clock;
  /** Told of workers that break. */
  readonly log: Log;
  /** Chance, for the jitter. */
  readonly random: Random;
  /** So many settlements are reported at once. */
  readonly noticeCount: number;
  /** Told when settlements wait for a commit. */
  readonly onSettled: () => void;
  /** Told when the load changed otherwise, such as by an entry that is due again or a worker that broke. */
  readonly onLoad: () => void;
  /** Told when an attempt failed and the entry will be tried again in place. */
  readonly onFailure: (id: EntryId, failures: number, error: unknown) => void;
}
