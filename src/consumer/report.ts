/**
 * Reports: things that a consumer noticed and that a person should know, each with its data. They are given to
 * `onReport` and written to the log.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";

/** Something that a person should know. */
export type Report =
  /** The group was found behind its checkpoint, as after a failover: it goes on at the checkpoint (V4). */
  | {
    readonly kind: "groupRolledBack";
    readonly stream: string;
    readonly position: EntryId;
    readonly lastDeliveredId: EntryId;
  }
  /** The group was gone and was made again at the checkpoint (V5). */
  | { readonly kind: "groupRecreated"; readonly stream: string; readonly position: EntryId }
  /** The stream was deleted or flushed while this process was reading it, and came back or was made again. */
  | { readonly kind: "streamReplaced"; readonly stream: string }
  /** The checkpoint did not fit the stream, and the policy said to begin anew (V6, V7). */
  | { readonly kind: "checkpointReset"; readonly reason: string; readonly position: EntryId }
  /** A stored checkpoint was unusable and was moved aside (V9). */
  | {
    readonly kind: "checkpointQuarantined";
    readonly place: "broker" | "store";
    readonly reason: string;
  }
  /** Entries were trimmed or deleted before this group handled them (V8, T6, T7). */
  | {
    readonly kind: "dataLoss";
    readonly stream: string;
    readonly lost: number | "unknown";
    readonly afterId: EntryId;
    readonly beforeId: EntryId | null;
  }
  /** Entries were taken over by another consumer while this one worked on them; their outputs were dropped. */
  | { readonly kind: "fenced"; readonly ids: readonly EntryId[] }
  /** An entry was given up and moved to the dead letters. */
  | {
    readonly kind: "deadLettered";
    readonly id: EntryId;
    readonly reason: string;
    /** What its last error said, in at most 200 characters; `null` for nothing beyond the reason. */
    readonly error: string | null;
  }
  /** The separate checkpoint store cannot be reached; acknowledgements go on. */
  | { readonly kind: "checkpointStoreDown"; readonly reason: string }
  /** The separate checkpoint store is back and up to date. */
  | { readonly kind: "checkpointStoreUp" };
