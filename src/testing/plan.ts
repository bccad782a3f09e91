/**
 * A plan: everything that a simulation does, as plain data. It can be written to a file, and parts of it can be left out
 * to find the smallest one that still shows a defect. `plan_of.ts` draws plans from a seed.
 *
 * All times are in ms of virtual time from the beginning of the simulation.
 *
 * @module
 */

import type { Order } from "../ports/consumer_store.ts";
import type { CheckpointLostPolicy } from "../consumer/start_up_decision.ts";
import type { Fault } from "./fault.ts";

/** What the handler of the simulation does with an entry. Every attempt does the same, but for `failing`. */
export type Behaviour =
  /** Returns, with so many outputs. */
  | { readonly kind: "handled"; readonly outputs: number }
  /** Throws at its first so many attempts, then returns with so many outputs. */
  | { readonly kind: "failing"; readonly failures: number; readonly outputs: number }
  /** Throws at every attempt. */
  | { readonly kind: "poison" }
  /** Takes so long, in ms, and ends early when its signal is aborted. */
  | { readonly kind: "slow"; readonly slowMs: number; readonly outputs: number }
  /** Takes so long, in ms, whatever its signal says. */
  | { readonly kind: "deaf"; readonly slowMs: number; readonly outputs: number }
  /** Calls `context.defer` at its first attempt, for so long, in ms; then returns. */
  | { readonly kind: "deferring"; readonly deferMs: number; readonly outputs: number }
  /** Calls `context.deadLetter`. */
  | { readonly kind: "refused" }
  /** Its payload is not JSON, so that no handler ever sees it. */
  | { readonly kind: "malformed" };

/** An entry to be published. */
export interface EntryPlan {
  /** Tells it apart from all others of the plan; from 0. It stands in its payload as `number`. */
  readonly number: number;
  /** Its stream. */
  readonly stream: string;
  /** Its key, `null` for none. */
  readonly key: string | null;
  /** When it is published. */
  readonly atMs: number;
  /** What handlers do with it, in every group. */
  readonly behaviour: Behaviour;
}

/** A group of a stream. Its outputs go to the stream that `outputsOf` names. */
export interface GroupPlan {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** Whether the order of keys is kept. */
  readonly order: Order;
  /** After so many failed attempts an entry becomes a dead letter. */
  readonly attemptsMax: number;
  /** An entry handed out more often becomes a dead letter. */
  readonly deliveriesMax: number;
  /** How long entries stay with a consumer that renews nothing, in ms; at least 300. */
  readonly leaseMs: number;
  /**
   * Where it begins when it is made: default at the first entry of its stream; `end`: behind the last one; `atMs`: at the
   * first one that was published then or later.
   */
  readonly start?: "end" | { readonly atMs: number };
  /** What to do when the checkpoint no longer fits the stream. A plan that replaces a stream says `resetToStart`. */
  readonly onCheckpointLost: CheckpointLostPolicy;
}

/** A consumer within a process. */
export interface MemberPlan {
  /** The stream of its group. */
  readonly stream: string;
  /** Its group; one of the plan's. */
  readonly group: string;
  /** Its name in the group. Several processes may use the same. */
  readonly consumer: string;
  /** At most so many entries a read. */
  readonly count: number;
  /** How many handlers run at once. */
  readonly workersMax: number;
  /** How long a read waits, in ms. */
  readonly blockMs: number;
  /** How long `stop` waits for running handlers, in ms. */
  readonly graceMs: number;
  /** How long one attempt may take, in ms; 0 for no bound. */
  readonly handlerTimeoutMs: number;
  /** What becomes of it when another process has taken its name. */
  readonly onFenced: "stop" | "rename";
}

/** A process: one orchestrator. */
export interface ProcessPlan {
  /** Its name, for people. */
  readonly process: string;
  /** When it starts first. */
  readonly startsAtMs: number;
  /** Its consumers; at least one. */
  readonly members: readonly MemberPlan[];
}

/** Everything that a simulation does. Plain JSON. */
export interface Plan {
  /** The seed of all chance in the run: latencies, backoffs, unique texts. */
  readonly seed: number;
  /** An answer of the broker takes up to so long, in ms. */
  readonly latencyMsMax: number;
  /** From the end of the last fault until everything must be finished, in ms. */
  readonly finishMsMax: number;
  /** The groups. */
  readonly groups: readonly GroupPlan[];
  /** The processes. */
  readonly processes: readonly ProcessPlan[];
  /** The entries, in the order in which they are published. */
  readonly entries: readonly EntryPlan[];
  /** What goes wrong. */
  readonly faults: readonly Fault[];
}

/** The stream that the outputs of a group go to. */
export function outputsOf({ stream, group }: Pick<GroupPlan, "stream" | "group">): string {
  return `{${stream}}:out:${group}`;
}
