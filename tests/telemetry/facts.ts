/**
 * Facts for tests: a consumer that makes progress, of which a test changes what it is about.
 *
 * @module
 */

import type {
  ConsumerFacts,
  GroupFacts,
  UnattendedFacts,
} from "../../src/telemetry/consumer_facts.ts";
import type { InstanceRecord } from "../../src/telemetry/instance_record.ts";

/** The time of all facts: 2026-10-17T12:00:00Z. */
export const NOW_MS = Date.UTC(2026, 9, 17, 12);

/** A pool that holds nothing. */
export const IDLE = { demand: 100, inFlight: 0, running: 0, settled: 0 };
/** A pool that takes no more. */
export const FULL = { demand: 0, inFlight: 8, running: 4, settled: 0 };
/** A handler that runs for long. */
export const SLOW = { id: "5-0", key: "k", sinceMs: NOW_MS - 45_000, attempt: 2 };
/** An entry that failed. */
export const REST = { id: "7-0", key: "bob", dueAtMs: NOW_MS + 12_000, failures: 2 };
/** A group that has handled everything. */
export const NOTHING: Partial<GroupFacts> = {
  lag: 0,
  pendingCount: 0,
  ownPendingCount: 0,
  firstPendingId: null,
  oldestPending: null,
  waitingSinceMs: null,
  otherConsumers: [],
};

/** What the broker says. */
export function groupFacts(changes: Partial<GroupFacts> = {}): GroupFacts {
  return {
    streamExists: true,
    groupExists: true,
    lag: 88,
    lagConfidence: "exact",
    pendingCount: 4,
    ownPendingCount: 4,
    firstPendingId: "5-0",
    oldestPending: { id: "5-0", consumer: "ann", idleMs: 900 },
    waitingSinceMs: NOW_MS - 10_800_000,
    otherConsumers: ["bob"],
    ...changes,
  };
}

/** A consumer at work. */
export function consumerFacts(changes: Partial<ConsumerFacts> = {}): ConsumerFacts {
  return {
    stream: "orders",
    group: "billing",
    consumer: "ann",
    supervision: "running",
    state: "processing",
    stateSinceMs: NOW_MS - 3_000,
    nowMs: NOW_MS,
    failures: 0,
    failure: null,
    backOffUntilMs: null,
    restarts: 0,
    restartsMax: 5,
    restartAtMs: null,
    pauseWanted: false,
    position: "4-0",
    committedCount: 1_240,
    deadLetteredCount: 0,
    fencedCount: 0,
    ownPendingDrained: true,
    load: { demand: 20, inFlight: 4, running: 3, settled: 0 },
    workers: { count: 4, max: 4, mode: "inline" },
    running: [{ id: "5-0", key: "k", sinceMs: NOW_MS - 40, attempt: 1 }],
    resting: [],
    attemptsMax: 5,
    leaseMs: 10_000,
    pressure: "ok",
    broker: groupFacts(),
    ...changes,
  };
}

/** The same with nothing in hand. */
export function emptyHanded(
  broker: Partial<GroupFacts>,
  changes: Partial<ConsumerFacts> = {},
): ConsumerFacts {
  return consumerFacts({
    state: "reading",
    load: { demand: 100, inFlight: 0, running: 0, settled: 0 },
    running: [],
    broker: groupFacts(broker),
    ...changes,
  });
}

/** A group that nobody runs. */
export function unattended(
  broker: Partial<GroupFacts> = {},
  consumer: string | null = null,
): UnattendedFacts {
  return {
    stream: "orders",
    group: "billing",
    consumer,
    supervision: "none",
    nowMs: NOW_MS,
    broker: groupFacts(broker),
  };
}

/** A process. */
export function instanceRecord(
  consumers: readonly ConsumerFacts[],
  changes: Partial<InstanceRecord> = {},
): InstanceRecord {
  return {
    instance: "web-1",
    host: "build3",
    pid: 812,
    version: "0.1.0",
    startedAtMs: NOW_MS - 3_600_000,
    state: "healthy",
    pressure: "ok",
    consumers,
    consumersDropped: 0,
    ...changes,
  };
}
