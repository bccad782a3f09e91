/**
 * What the consumer machine hears and what it remembers. Counts, ids and times only: entries and payloads stay outside.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import type { Recovery } from "../domain/errors.ts";
import type { Load } from "../workers/load.ts";
import type { StartUpRow } from "./start_up_decision.ts";

/** What the machine remembers. */
export interface ConsumerContext {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer's name. */
  readonly consumer: string;
  /** Number of the last request; an answer with another number is late and ignored. */
  readonly request: number;
  /** Failed calls in a row. */
  readonly failures: number;
  /** Where to go on after backing off. */
  readonly returnTo: ReturnState;
  /** The last failure, `null` after a success. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** This consumer's epoch, 0 before it joined. */
  readonly epoch: number;
  /** Rows of the start-up table that applied. */
  readonly startUpRows: readonly StartUpRow[];
  /** The group's watermark, as the last commit or the start told. */
  readonly position: EntryId | null;
  /** Whether the own pending list was read to its end since the last start or unknown outcome. */
  readonly ownPendingDrained: boolean;
  /** Whether dead consumers' entries are to be looked for. */
  readonly reclaimWanted: boolean;
  /** Where that look goes on. */
  readonly reclaimAfter: EntryId;
  /** Whether an operator wants silence. */
  readonly pauseWanted: boolean;
  /** The last hand-out: how many entries, from where to where. */
  readonly batch:
    | { readonly count: number; readonly firstId: EntryId; readonly lastId: EntryId }
    | null;
  /** What the pool can take. */
  readonly load: Load;
  /** Entries committed since the start. */
  readonly committedCount: number;
  /** How many of them were given up and moved to the dead letters. */
  readonly deadLetteredCount: number;
  /** Entries that others took over while this consumer worked on them, since the start. */
  readonly fencedCount: number;
}

/** The states to which `backingOff` returns. */
export type ReturnState = "loadingCheckpoint" | "validating" | "reading" | "acking" | "reclaiming";

/** The ids of a hand-out, `null` when it was empty. */
export type Span = { readonly firstId: EntryId; readonly lastId: EntryId } | null;

/** What the machine hears. */
export type ConsumerEvent =
  | { type: "broker.joined"; request: number; epoch: number; rows: readonly StartUpRow[] }
  | { type: "broker.established"; request: number; position: EntryId }
  | {
    type: "broker.read";
    request: number;
    count: number;
    span: Span;
    ownPendingDrained: boolean;
    load: Load;
  }
  | {
    type: "broker.claimed";
    request: number;
    count: number;
    span: Span;
    next: EntryId | null;
    load: Load;
  }
  | {
    type: "broker.committed";
    request: number;
    count: number;
    deadLettered: number;
    fenced: number;
    position: EntryId;
    load: Load;
  }
  | { type: "broker.released"; request: number }
  | {
    type: "broker.failed";
    request: number;
    recovery: Recovery;
    code: string;
    message: string;
    load: Load;
  }
  | { type: "broker.fenced"; code: string; message: string }
  | { type: "broker.forgot"; code: string; message: string }
  | { type: "broker.lost"; code: string; message: string }
  | { type: "store.saved"; request: number; load: Load }
  | { type: "pool.settled"; load: Load }
  | { type: "pool.load"; load: Load }
  | { type: "clock.elapsed"; request: number }
  | { type: "clock.reclaimDue" }
  | { type: "clock.graceOver" }
  | { type: "operator.pause" }
  | { type: "operator.resume" }
  | { type: "operator.reclaim" }
  | { type: "operator.drain" }
  | { type: "operator.stop" };

/** What a machine is started with. */
export interface ConsumerInput {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer's name. */
  readonly consumer: string;
  /** What the pool can take at first. */
  readonly load: Load;
}
