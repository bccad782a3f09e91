/**
 * What the effects of a consumer are given: its options, its pool, and whom to tell.
 *
 * @module
 */

import type { Pool } from "../workers/pool.ts";
import type { ConsumerEvent } from "./machine_events.ts";
import type { ConsumerPlace } from "./opening.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import type { Report } from "./report.ts";

/** What effects need. */
export interface EffectsOptions {
  /** The consumer's options. */
  readonly options: ResolvedConsumerOptions;
  /** Its pool. */
  readonly pool: Pool;
  /** Where its entries are from; its incarnation is set at every start. */
  readonly place: ConsumerPlace;
  /** Tells the machine. */
  readonly send: (event: ConsumerEvent) => void;
  /** Tells the user. */
  readonly report: (report: Report) => void;
  /** Told at the end how many handlers still ran. */
  readonly onAbandon: (running: number) => void;
}
