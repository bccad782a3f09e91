/**
 * The broker port: everything that the core needs from Redis or from the embedded SQLite file. One contract suite
 * (`tests/contracts`) says what each method promises, and runs for every adapter.
 *
 * @module
 */

import type { ConsumerStore } from "./consumer_store.ts";
import type { GroupStore } from "./group_store.ts";
import type { InstanceStore } from "./instance_store.ts";
import type { JournalStore } from "./journal_store.ts";
import type { StreamStore } from "./stream_store.ts";

/** A broker, open until it is disposed. */
export interface Broker
  extends StreamStore, GroupStore, ConsumerStore, InstanceStore, JournalStore, AsyncDisposable {
  /** Which engine it is. */
  readonly kind: "redis" | "sqlite";
  /** Where it is, without user, password or query, for people. */
  readonly location: string;
  /** Closes every connection or file. Calls under way settle. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}
