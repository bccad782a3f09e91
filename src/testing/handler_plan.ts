/**
 * Draws the plans that a user's handler is run under.
 *
 * @module
 */

import type { Order } from "../ports/consumer_store.ts";
import type { FaultKind } from "./fault.ts";
import type { EntryPlan, GroupPlan, MemberPlan, Plan, ProcessPlan } from "./plan.ts";
import { faultsOf } from "./plan_faults.ts";
import { SeededRandom } from "./seeded_random.ts";

/** The stream that the handler reads. */
export const EVENTS = "events";

/** The group that it works for. */
const GROUP = "handler";

/**
 * What can go wrong under a handler: everything but what loses events, after which other results are right. Each is told
 * at the class of its own.
 */
export type HandlerFault = Exclude<FaultKind, "streamTrimmed" | "streamReplaced">;

/** All of them. */
export const HANDLER_FAULTS: readonly HandlerFault[] = [
  "unapplied",
  "replyLost",
  "requestLost",
  "slowRequest",
  "slowReply",
  "late",
  "repeated",
  "silent",
  "crash",
  "stop",
  "freeze",
  "operatorPause",
  "outage",
  "groupDestroyed",
  "clockJump",
];

/** What the plans have in common. */
export interface HandlerPlanOptions {
  /** The keys of the events, in the order in which they are published; `null` for none. */
  readonly keys: readonly (string | null)[];
  /** What may go wrong. */
  readonly faults: readonly HandlerFault[];
  /** Whether the order of keys is kept. */
  readonly order: Order;
  /** After so many failed attempts an event becomes a dead letter. */
  readonly attemptsMax: number;
}

/** Events come and faults strike within so long, in ms. */
const BUSY_MS = [20, 2_000] as const;

/** From the last fault on, everything must be finished within so long, in ms of virtual time. */
const FINISH_MS_MAX = 600_000;

/** Draws a plan in which a handler is disturbed. */
export function disturbedPlan(seed: number, options: HandlerPlanOptions): Plan {
  const random = new SeededRandom(seed, "plan");
  const busyMs = random.int(...BUSY_MS);
  const group = groupOf(options);
  const names = Array.from({ length: random.int(1, 3) }, (_, at) => `p${at + 1}`);
  const processes = names.map((process, at): ProcessPlan => ({
    process,
    startsAtMs: at === 0 ? 0 : random.int(0, Math.floor(busyMs / 2)),
    members: [{
      ...memberOf(process),
      count: random.pick([1, 3, 100]),
      workersMax: random.pick([1, 2, 4]),
    }],
  }));
  const faults = faultsOf({
    random: new SeededRandom(seed, "faults"),
    bounds: [3, 12],
    kinds: options.faults,
    busyMs,
    entryCount: options.keys.length,
    // A few events are handled in no time: what strikes at any time strikes when nothing is left to do.
    moments: { call: 4, attempt: 5, time: 1 },
    groups: [group],
    processes: names,
  });
  const spreadMs = random.pick([0, busyMs, busyMs]);
  const entries = entriesOf(options.keys, () => random.int(0, spreadMs));
  const latencyMsMax = random.pick([0, 2, 20]);
  return { ...planWith(group), seed, latencyMsMax, processes, entries, faults };
}

/** The plan in which nothing goes wrong: one process, one event after the other. */
export function calmPlan(options: HandlerPlanOptions): Plan {
  return {
    ...planWith(groupOf(options)),
    processes: [{ process: "p1", startsAtMs: 0, members: [memberOf("p1")] }],
    entries: entriesOf(options.keys, () => 0),
  };
}

function planWith(group: GroupPlan): Plan {
  const none = { processes: [], entries: [], faults: [] };
  return { seed: 0, latencyMsMax: 0, finishMsMax: FINISH_MS_MAX, groups: [group], ...none };
}

function groupOf({ order, attemptsMax }: HandlerPlanOptions): GroupPlan {
  return {
    stream: EVENTS,
    group: GROUP,
    order,
    attemptsMax,
    // However often a process dies, that is not the event's fault here.
    deliveriesMax: 1_000_000,
    leaseMs: 1_500,
    onCheckpointLost: "stop",
  };
}

function memberOf(process: string): MemberPlan {
  return {
    ...{ stream: EVENTS, group: GROUP, consumer: process },
    ...{ count: 100, workersMax: 1, blockMs: 1_000, graceMs: 200, handlerTimeoutMs: 0 },
    onFenced: "rename",
  };
}

/** They are published in the order of the list, whenever that is. */
function entriesOf(keys: readonly (string | null)[], atMs: () => number): EntryPlan[] {
  const times = keys.map(atMs).sort((one, other) => one - other);
  return keys.map((key, number) => ({
    ...{ number, stream: EVENTS, key },
    atMs: times[number] ?? 0,
    behaviour: { kind: "handled", outputs: 0 },
  }));
}
