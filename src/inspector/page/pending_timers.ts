/**
 * What a consumer waits for that comes by itself at a known time.
 *
 * @module
 */

import type { ActorState } from "../format.ts";
import type { InstanceStatus } from "../source.ts";
import { consumerIn } from "./status_history.ts";

/** Something that comes at a time. */
export interface PendingTimer {
  /** What. */
  readonly what: string;
  /** When, in ms since 1970. */
  readonly dueAtMs: number;
}

/** So many entries that wait for their next attempt are listed. */
const ATTEMPTS_MAX = 50;

/** The timers of a consumer, the next one first; none where its process did not say. */
export function pendingTimers(actor: ActorState, status: InstanceStatus | null): PendingTimer[] {
  const facts = actor.place === null ? undefined : consumerIn(status, actor.place)?.facts;
  if (facts === undefined) return [];
  const single: readonly (readonly [string, number | null])[] = [
    ["next call after a failure", facts.backOffUntilMs],
    ["next start", facts.restartAtMs],
  ];
  const attempts = facts.resting.slice(0, ATTEMPTS_MAX).map(({ id, failures, dueAtMs }) => ({
    what: failures === 0 ? `entry ${id}, deferred` : `entry ${id}, attempt ${failures + 1}`,
    dueAtMs,
  }));
  const known = single.flatMap(([what, dueAtMs]) => dueAtMs === null ? [] : [{ what, dueAtMs }]);
  return [...known, ...attempts].toSorted((one, other) => one.dueAtMs - other.dueAtMs);
}
