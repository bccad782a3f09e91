/**
 * What the demo and the processes of its consumers tell each other, one line of JSON at a time.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";

/** What a consumer is to do: written to its standard input, because it may hold a password. */
export interface ConsumerTask {
  /** Where the broker is. */
  readonly url: string;
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
  /** The stream for what it makes. */
  readonly outputs: string;
  /** At most so many entries a read. */
  readonly count: number;
  /** How many handlers run at once. */
  readonly workersMax: number;
  /** How long the slow part of the work on an event takes. */
  readonly workMs: number;
  /** Whether an inspector may look at it. */
  readonly inspected: boolean;
}

/** What a consumer tells: a handler has returned. Its commit comes after that. */
export interface ConsumerNews {
  /** The event. */
  readonly id: EntryId;
  /** When, in ms since 1970. */
  readonly atMs: number;
}
