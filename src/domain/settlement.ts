/**
 * Settlements: what became of an entry. A batch's settlements are applied by one atomic commit.
 *
 * @module
 */

import type { EntryFields } from "./entry.ts";
import type { EntryId } from "./entry_id.ts";
import type { TransactionWork } from "./transaction.ts";

/** An entry that a commit appends: an event published by the handler through `ctx`. */
export interface Output {
  /** The stream that it goes to. */
  readonly stream: string;
  /** Names and values in turn. */
  readonly fields: EntryFields;
}

/** What became of one entry. */
export type Settlement =
  /** The handler succeeded: do its work in the transaction (SQLite), append its outputs, acknowledge. */
  | {
    readonly kind: "handled";
    readonly id: EntryId;
    readonly outputs: readonly Output[];
    readonly work: readonly TransactionWork[];
  }
  /** To be tried again later: keep it pending, remember when and how often it failed. */
  | {
    readonly kind: "deferred";
    readonly id: EntryId;
    readonly dueAtMs: number;
    readonly failures: number;
  }
  /** Given up: append the dead letter, acknowledge. */
  | {
    readonly kind: "deadLettered";
    readonly id: EntryId;
    readonly letter: Output;
    /** Why, for the report; the letter says it too. */
    readonly reason: string;
  }
  /** Its data was trimmed or deleted before it was handled: acknowledge, count it as lost (T7). */
  | { readonly kind: "lost"; readonly id: EntryId };

/**
 * What the broker says of one settlement:
 * `committed`: applied, this once;
 * `done`: it was finished before, nothing was appended;
 * `fenced`: it is no longer pending for this consumer, or an earlier entry of its key is unfinished elsewhere; nothing
 * was applied, and this consumer must let go of it: somebody else has it, or it comes again with `readNew`;
 * `failed`: its own work in the transaction threw; what it did is undone, it is still pending for this consumer;
 * `held`: an earlier entry of its key failed in this commit; nothing was applied, it is still pending for this consumer.
 */
export type Verdict = "committed" | "done" | "fenced" | "failed" | "held";
