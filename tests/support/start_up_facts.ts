/**
 * What a start finds and decides, as the tests of the start-up table write it: a stream of ten entries, a group that
 * has read five, and whole decisions to compare with.
 *
 * @module
 */

import { decideStartUp, type StartUpFacts } from "../../src/consumer/start_up.ts";
import type { Loss, StartUpDecision, StartUpPolicy } from "../../src/consumer/start_up_decision.ts";
import type { Report } from "../../src/consumer/report.ts";
import type { Checkpoint } from "../../src/domain/checkpoint.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { CheckpointBeyondEndError, StreamReplacedError } from "../../src/domain/start_errors.ts";
import type { EstablishPlan, JoinFacts } from "../../src/ports/consumer_store.ts";
import type { StreamInfo } from "../../src/ports/stream_store.ts";

/** What is known of a group at the join. */
export type Group = NonNullable<JoinFacts["group"]>;

/** Ten entries, `1-0` to `10-0`. */
export const stream: StreamInfo = {
  stream: "orders",
  length: 10,
  firstId: "1-0",
  lastId: "10-0",
  entriesAdded: 10,
  groupCount: 1,
  incarnation: "first",
};

/** Five of them were read, all of these are finished. */
export const group: Group = {
  lastDeliveredId: "5-0",
  entriesRead: 5,
  unreadLoss: null,
  pendingCount: 0,
  firstPendingId: null,
  ownPendingCount: 0,
};

/** Those five, as they were saved. */
export const checkpoint: Checkpoint = {
  schema: 1,
  stream: "orders",
  group: "billing",
  consumer: "main",
  incarnation: "first",
  position: "5-0",
  done: [],
  epoch: 1,
  savedAtMs: 1_000,
};

/** The policy of one who was asked nothing. */
export const policy: StartUpPolicy = {
  start: "beginning",
  createStream: true,
  onCheckpointLost: "stop",
  onDataLoss: "continue",
};

/** What was found: by default the ten entries, no group, no checkpoint. */
export function facts(
  found: {
    stream?: StreamInfo | null;
    group?: Group | null;
    checkpoint?: unknown;
    mirror?: unknown;
    previousIncarnation?: string | null;
    entriesAddedAtCheckpoint?: number;
  },
): StartUpFacts {
  return {
    join: {
      membership: {
        stream: "orders",
        group: "billing",
        consumer: "main",
        epoch: 1,
        ticket: "t",
        order: "key",
      },
      nowMs: 2_000,
      stream: found.stream === undefined ? stream : found.stream,
      group: found.group ?? null,
      checkpoint: found.checkpoint ?? null,
      entriesAddedAtCheckpoint: found.entriesAddedAtCheckpoint ?? 0,
    },
    mirror: found.mirror ?? null,
    previousIncarnation: found.previousIncarnation ?? null,
  };
}

/** A decision with its error as a plain record, so that decisions can be compared whole. */
export function decided(
  found: Parameters<typeof facts>[0],
  differs: Partial<StartUpPolicy> = {},
): unknown {
  const decision = decideStartUp(facts(found), { ...policy, ...differs });
  return { ...decision, outcome: plain(decision.outcome) };
}

function plain(outcome: StartUpDecision["outcome"]): unknown {
  return "failure" in outcome
    ? { failure: { ...outcome.failure, message: outcome.failure.message } }
    : outcome;
}

/** Going on: what to establish, and what is told. */
export function goesOn(
  rows: StartUpDecision["rows"],
  position: EntryId,
  plan: Partial<EstablishPlan>,
  told: Partial<Pick<StartUpDecision, "reports" | "loss" | "quarantineMirror">> = {},
): unknown {
  return {
    rows,
    outcome: {
      plan: { createStream: false, group: "keep", checkpoint: "keep", quarantine: false, ...plan },
    },
    position,
    reports: [],
    loss: null,
    quarantineMirror: false,
    ...told,
  };
}

/** Stopping. */
export function stops(
  rows: StartUpDecision["rows"],
  failure: Error,
  told: Partial<Pick<StartUpDecision, "reports" | "loss" | "quarantineMirror">> = {},
): unknown {
  return {
    rows,
    outcome: { failure: { ...failure, message: failure.message } },
    position: null,
    reports: [],
    loss: null,
    quarantineMirror: false,
    ...told,
  };
}

/** A new group at a position. */
export const fresh = (position: EntryId): Partial<EstablishPlan> => ({
  group: { create: position },
  checkpoint: "ofNewGroup",
});

/** Begun anew by policy. */
export const reset = (position: EntryId): Partial<EstablishPlan> => ({
  group: { reset: position },
  checkpoint: { position, done: [] },
  quarantine: true,
});

/** V5, as it is told. */
export const recreated = (position: EntryId): Report => ({
  kind: "groupRecreated",
  stream: "orders",
  position,
});

/** V6, the error. */
export const beyondEnd = new CheckpointBeyondEndError("orders", "10-1", "10-0");

/** V6 and V7, as it is told. */
export const resetReport = (reason: string, position: EntryId): Report => ({
  kind: "checkpointReset",
  reason,
  position,
});

/** V7, the error. */
export const replacedError = new StreamReplacedError("orders");

/** The seven oldest entries are gone; the group has read five of them. */
export const trimmed: StreamInfo = { ...stream, length: 3, firstId: "8-0" };

/** The group of {@linkcode trimmed}, where the broker knows that two entries are lost. */
export const robbed: Group = { ...group, unreadLoss: { lost: 2, afterId: "5-0", beforeId: "8-0" } };

/** V8, as it is told. */
export const lossReport = (
  lost: number | "unknown",
  afterId: EntryId,
  beforeId: EntryId | null,
): Loss => ({ kind: "dataLoss", stream: "orders", lost, afterId, beforeId });

/** V9, as it is told. */
export const quarantined = (reason: string, place: "broker" | "store"): Report => ({
  kind: "checkpointQuarantined",
  place,
  reason,
});
