/**
 * What the start-up table decides, and what it is told by the user.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../domain/entry_id.ts";
import type { TidemarkError } from "../domain/errors.ts";
import type { EstablishPlan } from "../ports/consumer_store.ts";
import type { StartPosition } from "../ports/group_store.ts";
import type { StreamInfo } from "../ports/stream_store.ts";
import type { Report } from "./report.ts";

/** The rows of the table. */
export type StartUpRow =
  | "V1"
  | "V2"
  | "V3"
  | "V4"
  | "V5"
  | "V6"
  | "V7"
  | "V8"
  | "V9"
  | "V10"
  | "V11";

/** What to do when the checkpoint no longer fits the stream: beyond its end (V6), or of another life of it (V7). */
export type CheckpointLostPolicy = "stop" | "resetToStart" | "resetToEnd";

/** What to do when entries were trimmed or deleted before this group read them, at a start (V8) and at work. */
export type DataLossPolicy = "continue" | "stop";

/** What the user decided about starting. */
export interface StartUpPolicy {
  /** Where a new group begins. */
  readonly start: StartPosition;
  /** Whether a missing stream is made. */
  readonly createStream: boolean;
  /** V6 and V7. */
  readonly onCheckpointLost: CheckpointLostPolicy;
  /** V8. */
  readonly onDataLoss: DataLossPolicy;
}

/** What to do. */
export interface StartUpDecision {
  /** The rows of the table that apply. */
  readonly rows: readonly StartUpRow[];
  /** What to establish, or why the consumer stops. */
  readonly outcome: { readonly plan: EstablishPlan } | { readonly failure: TidemarkError };
  /** Where the group goes on, `null` when it stops. */
  readonly position: EntryId | null;
  /** What the user is told. */
  readonly reports: readonly Report[];
  /** A loss whose size is known; told with what establishing has accounted for of it, `null` for none. */
  readonly loss: Loss | null;
  /** The separate store's value must be moved aside. */
  readonly quarantineMirror: boolean;
}

/** Entries that were trimmed before they were read, as it is told. */
export type Loss = Extract<Report, { readonly kind: "dataLoss" }>;

/** Collects rows and reports on the way to a decision. */
export class StartUpDraft {
  /** What the user will be told. */
  readonly reports: Report[] = [];
  #loss: Loss | null = null;
  readonly #rows: StartUpRow[] = [];
  #quarantine: boolean;
  #quarantineMirror: boolean;
  readonly #mirrorIsEmpty: boolean;

  /** @param found Which stored checkpoints are unusable, and whether the separate store has none. */
  constructor(
    found: { quarantine: boolean; quarantineMirror: boolean; mirrorIsEmpty: boolean },
  ) {
    this.#quarantine = found.quarantine;
    this.#quarantineMirror = found.quarantineMirror;
    this.#mirrorIsEmpty = found.mirrorIsEmpty;
  }

  /** A row of the table applies. */
  row(row: StartUpRow): this {
    this.#rows.push(row);
    return this;
  }

  /** A stored checkpoint cannot be used (V9). */
  unusable(reason: string, place: "broker" | "store"): void {
    if (!this.#rows.includes("V9")) this.row("V9");
    this.reports.push({ kind: "checkpointQuarantined", place, reason });
  }

  /** What the separate store holds is of a former life of the group. */
  quarantineStore(): void {
    this.#quarantineMirror = true;
  }

  /** V6 and V7: stop, or begin anew where the policy says so; the old checkpoints are kept aside. */
  lost(
    error: TidemarkError,
    stream: StreamInfo | null,
    policy: StartUpPolicy,
  ): StartUpDecision {
    if (policy.onCheckpointLost === "stop") return this.fail(error);
    if (stream === null && !policy.createStream) return this.fail(error);
    const position = policy.onCheckpointLost === "resetToEnd"
      ? stream?.lastId ?? ENTRY_ID_ZERO
      : ENTRY_ID_ZERO;
    this.#quarantine = true;
    // A store that only goes forward would stay at the old one, and give it back when the broker has lost its own.
    this.#quarantineMirror = !this.#mirrorIsEmpty;
    this.reports.push({ kind: "checkpointReset", reason: error.code, position });
    return this.establish(position, {
      createStream: policy.createStream,
      group: { reset: position },
      checkpoint: { position, done: [] },
    });
  }

  /** V8, with a policy that goes on: a loss of which the group is told once, by whoever accounts for it. */
  accountFor(loss: Loss): void {
    this.#loss = loss;
  }

  /** Decides to stop. */
  fail(failure: TidemarkError): StartUpDecision {
    return this.#decision({ failure }, null);
  }

  /** Decides to go on. */
  establish(
    position: EntryId,
    plan: Pick<EstablishPlan, "group" | "checkpoint"> & { createStream?: boolean },
  ): StartUpDecision {
    const accountFor = typeof this.#loss?.lost === "number" ? { accountFor: this.#loss.lost } : {};
    const full = { createStream: false, ...plan, quarantine: this.#quarantine, ...accountFor };
    return this.#decision({ plan: full }, position);
  }

  #decision(outcome: StartUpDecision["outcome"], position: EntryId | null): StartUpDecision {
    return {
      rows: this.#rows,
      outcome,
      position,
      reports: this.reports,
      loss: this.#loss,
      quarantineMirror: this.#quarantineMirror,
    };
  }
}
