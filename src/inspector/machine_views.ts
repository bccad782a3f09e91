/**
 * What may be seen of each machine's context and events. Everything that is not listed here stays inside (S19): a new
 * member of a context is invisible until somebody has decided that it holds no payload and no secret.
 *
 * @module
 */

import { isRecord, memberOf } from "./capture.ts";
import type { Scalar } from "./format.ts";

/**
 * How a member is shown: `"value"` as it is, a single value; a list, the parts of it that are single values; a function,
 * a single value made of it, which may have a name of its own. The function is called only when the member is another one
 * than before.
 */
export type MemberView =
  | "value"
  | readonly string[]
  | ((member: unknown) => Scalar)
  | { readonly name: string; readonly make: (member: unknown) => Scalar };

/** What may be seen of one machine. */
export interface MachineView {
  /** Members of its context. */
  readonly context: Readonly<Record<string, MemberView>>;
  /** Members of its events, by the event's type; they must be single values. */
  readonly events: Readonly<Record<string, readonly string[]>>;
  /**
   * Whether a context holds little more than it shows: a few hundred bytes, and nothing that would outlive the actor. Such
   * a one is kept as it is until a reader asks, which costs a tenth of copying what is shown. Default: none.
   */
  readonly contextIsSlight?: (context: unknown) => boolean;
  /** The types of events of which the same holds. Default: none. */
  readonly slightEvents?: readonly string[];
}

/** Nothing: for machines that are not listed. */
export const CLOSED_VIEW: MachineView = { context: {}, events: {} };

const LOAD = ["demand", "inFlight", "running", "settled"];

const PLACE = { stream: "value", group: "value", consumer: "value" } as const;

/** Tidemark's own machines, by the id of the machine. */
export const TIDEMARK_VIEWS: Readonly<Record<string, MachineView>> = {
  consumer: {
    context: {
      ...PLACE,
      request: "value",
      failures: "value",
      returnTo: "value",
      failure: ["code", "message"],
      epoch: "value",
      startUpRows: textOfList,
      position: "value",
      ownPendingDrained: "value",
      reclaimWanted: "value",
      reclaimAfter: "value",
      pauseWanted: "value",
      batch: ["count", "firstId", "lastId"],
      load: LOAD,
      committedCount: "value",
      deadLetteredCount: "value",
      fencedCount: "value",
    },
    events: {
      "broker.joined": ["request", "epoch"],
      "broker.established": ["request", "position"],
      "broker.read": ["request", "count", "ownPendingDrained"],
      "broker.claimed": ["request", "count", "next"],
      "broker.committed": ["request", "count", "deadLettered", "fenced", "position"],
      "broker.released": ["request"],
      "broker.failed": ["request", "recovery", "code", "message"],
      "broker.fenced": ["code", "message"],
      "broker.lost": ["code", "message"],
      "store.saved": ["request"],
      "clock.elapsed": ["request"],
    },
    // The message of a failure may be of any length.
    contextIsSlight: (context) => isRecord(context) && context.failure === null,
    slightEvents: ["broker.read", "broker.committed", "store.saved"],
  },
  worker: {
    context: {
      name: "value",
      entryId: "value",
      sinceMs: "value",
      attemptCount: "value",
      lossCount: "value",
      lossReason: "value",
    },
    events: {
      "pool.assigned": ["id", "attemptCount"],
      "pool.dismissed": ["attemptCount"],
      "handler.settled": ["attemptCount"],
      "thread.lost": ["reason"],
    },
    contextIsSlight: (context) => isRecord(context) && context.lossReason === null,
    slightEvents: ["pool.assigned", "handler.settled"],
  },
  supervisor: {
    context: {
      ...PLACE,
      request: "value",
      starts: "value",
      failedAtMs: { name: "failedCount", make: countOfList },
      failure: ["code", "message", "restart"],
      restartAtMs: "value",
      restartsMax: "value",
      windowMs: "value",
      mayRename: "value",
    },
    events: {
      "host.start": ["id"],
      "host.end": ["id"],
      "consumer.reading": ["request"],
      "consumer.ended": ["request"],
      "clock.waiting": ["request", "untilMs"],
      "clock.elapsed": ["request"],
    },
  },
  orchestrator: {
    context: {
      consumerCount: "value",
      endsOnFailure: "value",
      members: countsByState,
      level: "value",
    },
    events: {
      "host.start": ["id"],
      "host.end": ["id"],
      "supervisor.changed": ["id"],
      "monitor.changed": ["level"],
    },
  },
  branch: { context: {}, events: { "host.start": ["id"], "host.end": ["id"] } },
};

function textOfList(member: unknown): Scalar {
  return Array.isArray(member) ? member.filter((each) => typeof each === "string").join(" ") : null;
}

function countOfList(member: unknown): Scalar {
  return Array.isArray(member) ? member.length : null;
}

/** A text such as `3 running, 1 restarting`, in the order in which the states are met. */
function countsByState(member: unknown): Scalar {
  if (typeof member !== "object" || member === null) return null;
  const counts = new Map<string, number>();
  for (const each of Object.values(member)) {
    const state = memberOf(each, "state");
    if (typeof state === "string") counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return Array.from(counts, ([state, count]) => `${count} ${state}`).join(", ");
}
