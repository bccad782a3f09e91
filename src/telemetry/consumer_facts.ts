/**
 * What is known of one consumer at one moment, as plain data: what its process knows of it, and what the broker says of
 * its group. `explain` makes a sentence of it, the command line a row, the page a picture. No payloads, no secrets.
 *
 * @module
 */

import type { LagConfidence, PressureLevel } from "../domain/pressure.ts";

/**
 * What the process does with a consumer: `starting` it, has it `running`, waits before `restarting` it after a failure,
 * is `draining` it (finishing what runs), has `stopped` it as it was asked to, or has given it up: `failed`.
 */
export type SupervisionState =
  | "starting"
  | "running"
  | "restarting"
  | "draining"
  | "stopped"
  | "failed";

/** All of them, in the order of life. */
export const SUPERVISION_STATES: readonly SupervisionState[] = [
  "starting",
  "running",
  "restarting",
  "draining",
  "stopped",
  "failed",
];

/** A handler that runs. */
export interface RunningHandler {
  /** The id of its entry. */
  readonly id: string;
  /** The entry's key, `null` for none. */
  readonly key: string | null;
  /** Since when it runs, in ms since 1970. */
  readonly sinceMs: number;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
}

/** An entry that waits for its next attempt. */
export interface NextAttempt {
  /** Its id. */
  readonly id: string;
  /** Its key, which waits with it; `null` for none. */
  readonly key: string | null;
  /** When it is tried again, in ms since 1970. */
  readonly dueAtMs: number;
  /** How many attempts failed; 0 when its handler asked for the wait. */
  readonly failures: number;
}

/** What the broker says of a group. */
export interface GroupFacts {
  /** Whether the stream exists. */
  readonly streamExists: boolean;
  /** Whether the group exists. */
  readonly groupExists: boolean;
  /** How many entries were not yet handed out; `null` where the broker cannot tell. */
  readonly lag: number | null;
  /** How far `lag` can be trusted. */
  readonly lagConfidence: LagConfidence;
  /** How many entries are pending for anybody. */
  readonly pendingCount: number;
  /** How many are pending for this consumer, also those that wait behind others of their keys; `null` when not known. */
  readonly ownPendingCount: number | null;
  /** The lowest pending id, `null` for none. */
  readonly firstPendingId: string | null;
  /** Whose it is, and for how long nobody renewed it, in ms; `null` when nothing is pending or it is not known. */
  readonly oldestPending:
    | { readonly id: string; readonly consumer: string; readonly idleMs: number }
    | null;
  /** Since when the oldest unfinished entry is there, in ms since 1970; `null` when there is none or it is not known. */
  readonly waitingSinceMs: number | null;
  /** The names of the group's other consumers. */
  readonly otherConsumers: readonly string[];
}

/** What is known of one consumer. */
export interface ConsumerFacts {
  /** Its stream. */
  readonly stream: string;
  /** Its group. */
  readonly group: string;
  /** Its name. */
  readonly consumer: string;
  /** What its process does with it. */
  readonly supervision: SupervisionState;
  /** The state of its machine, such as `reading`. */
  readonly state: string;
  /** Since when it is in that state, in ms since 1970. */
  readonly stateSinceMs: number;
  /** When these facts were taken, by the process's clock, in ms since 1970. */
  readonly nowMs: number;
  /** Failed calls in a row. */
  readonly failures: number;
  /** The last failure: of a call while it runs, of the consumer when it has ended; `null` for none. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** When the failed call is made again, in ms since 1970; `null` when it is not backing off, or not known. */
  readonly backOffUntilMs: number | null;
  /** How often it failed of late, so that it was started again. */
  readonly restarts: number;
  /** So many are one too many; `null` when not known. */
  readonly restartsMax: number | null;
  /** When it is started again, in ms since 1970; `null` when it is not about to be. */
  readonly restartAtMs: number | null;
  /** Whether an operator wants silence. */
  readonly pauseWanted: boolean;
  /** The group's watermark as it knows it, `null` before it has joined. */
  readonly position: string | null;
  /** Entries committed since it was started. */
  readonly committedCount: number;
  /** How many of them were given up and moved to the dead letters. */
  readonly deadLetteredCount: number;
  /** Entries that others took over while it worked on them, since it was started. */
  readonly fencedCount: number;
  /** Whether its own pending list was read to its end. */
  readonly ownPendingDrained: boolean;
  /** What its pool holds and can take, in entries and handlers. */
  readonly load: {
    /** How many more entries it takes. */
    readonly demand: number;
    /** How many it holds: waiting, running, resting, settled. */
    readonly inFlight: number;
    /** How many handlers run. */
    readonly running: number;
    /** How many settlements wait for a commit. */
    readonly settled: number;
  };
  /** Its workers: how many there are, how many there may be, and where they run. */
  readonly workers: {
    readonly count: number;
    readonly max: number;
    /** `inline` or `threads`. */
    readonly mode: string;
  };
  /** Handlers that run, the longest first; may be cut short, `load.running` counts them all. */
  readonly running: readonly RunningHandler[];
  /** Entries that wait for their next attempt, the next one first; may be cut short. */
  readonly resting: readonly NextAttempt[];
  /** How many attempts an event gets; `null` when not known. */
  readonly attemptsMax: number | null;
  /** How long entries stay with a consumer that renews nothing, in ms; `null` when not known. */
  readonly leaseMs: number | null;
  /** How badly its group is behind, as the process's monitor says. */
  readonly pressure: PressureLevel;
  /** What the broker says of its group; `null` when it was not asked, or did not answer. */
  readonly broker: GroupFacts | null;
}

/** A group that no process has announced, or a consumer of it: what the broker says is all that is known. */
export interface UnattendedFacts {
  /** Its stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer, `null` where the whole group is meant. */
  readonly consumer: string | null;
  /** Nobody says that it is run. */
  readonly supervision: "none";
  /** When these facts were taken, in ms since 1970. */
  readonly nowMs: number;
  /** What the broker says. */
  readonly broker: GroupFacts;
}
