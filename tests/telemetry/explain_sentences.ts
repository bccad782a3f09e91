/**
 * Every sentence that `explain` can say, with facts that lead to it.
 *
 * @module
 */

import type { ConsumerFacts, UnattendedFacts } from "../../src/telemetry/consumer_facts.ts";
import {
  consumerFacts,
  emptyHanded,
  FULL,
  groupFacts,
  IDLE,
  NOTHING,
  NOW_MS,
  REST,
  SLOW,
  unattended,
} from "./facts.ts";

/** A consumer whose call failed. */
function failing(code: string, message: string, failures = 4): ConsumerFacts {
  return consumerFacts({
    state: "backingOff",
    failures,
    failure: { code, message },
    backOffUntilMs: NOW_MS + 3_000,
  });
}

/** The same for a broker that is not available. */
function unavailable(reason: string): ConsumerFacts {
  return failing("BROKER_UNAVAILABLE", `Cannot read: the broker is not available (${reason})`);
}

/** A consumer that ended by an error. */
function ended(code: string, message: string, changes: Partial<ConsumerFacts> = {}): ConsumerFacts {
  return consumerFacts({
    supervision: "failed",
    state: "failed",
    failure: { code, message },
    ...changes,
  });
}

/** What holds, facts of which it holds, and what is told of them: `code (kind): text`. */
export const SENTENCES:
  readonly (readonly [fact: string, facts: ConsumerFacts | UnattendedFacts, told: string])[] = [
    [
      "it makes progress",
      consumerFacts(),
      "makingProgress (working): Making progress: 3 handlers at work, 1,240 entries committed since its start, 88 entries to be read and 4 pending in the group",
    ],
    [
      "it makes progress while entries rest, and the lag is a guess",
      consumerFacts({
        resting: [REST],
        broker: groupFacts({ lagConfidence: "estimated", lag: 1 }),
      }),
      "makingProgress (working): Making progress: 3 handlers at work, 1,240 entries committed since its start, about 1 entry to be read and 4 pending in the group, 1 entry to be tried again",
    ],
    [
      "there is nothing to do",
      emptyHanded(NOTHING),
      "nothingToDo (working): Nothing to do: everything up to 4-0 is handled, 1,240 entries since its start",
    ],
    [
      "there is nothing to do, but look at what was given up",
      emptyHanded(NOTHING, { deadLetteredCount: 1 }),
      "nothingToDo (working): Nothing to do: everything up to 4-0 is handled, 1,240 entries since its start, 1 of them given up: see tidemark dead-letters list orders",
    ],
    [
      "nothing is in hand, some were given up, and the stream's name is odd",
      emptyHanded({ ...NOTHING, lag: null }, { deadLetteredCount: 1_200, stream: "my orders" }),
      'nothingToDo (working): Nothing in hand: it waits for entries, 1,240 entries committed since its start, 1,200 of them given up: see tidemark dead-letters list "my orders"',
    ],
    [
      "there is nothing to do, and others work for the group too",
      emptyHanded({ ...NOTHING, otherConsumers: ["bob"] }, { committedCount: 1 }),
      "nothingToDo (working): Nothing to do: everything is handled, 1 entry by it since its start",
    ],
    [
      "it makes progress, and some were given up",
      consumerFacts({ deadLetteredCount: 2 }),
      "makingProgress (working): Making progress: 3 handlers at work, 1,240 entries committed since its start, 2 of them given up, 88 entries to be read and 4 pending in the group",
    ],
    [
      "nothing is in hand, and nobody can tell the lag",
      emptyHanded({ ...NOTHING, lag: null, lagConfidence: "unknown" }),
      "nothingToDo (working): Nothing in hand: it waits for entries, 1,240 entries committed since its start",
    ],
    [
      "an operator has paused it",
      consumerFacts({
        pauseWanted: true,
        state: "paused",
        stateSinceMs: NOW_MS - 300_000,
        load: IDLE,
      }),
      "paused (waiting): Paused by an operator for 5 min, 88 entries wait: resume it to go on",
    ],
    [
      "an operator has paused it, and a handler is not done",
      consumerFacts({ pauseWanted: true, broker: null }),
      "paused (waiting): Paused by an operator, 3 handlers still at work: resume it to go on",
    ],
    [
      "all workers are busy",
      consumerFacts({ load: FULL, running: [SLOW] }),
      'workersBusy (waiting): All 4 workers are busy, 4 entries wait for one: the handler of entry 5-0 (key "k"), attempt 2 of 5, has been running for 45 s; it reads on when one ends, for more at once raise workers_max',
    ],
    [
      "all workers are busy, and more is read meanwhile",
      consumerFacts({
        load: { ...FULL, demand: 9, inFlight: 4 },
        running: [{ ...SLOW, attempt: 1 }],
      }),
      'workersBusy (waiting): All 4 workers are busy: the handler of entry 5-0 (key "k") has been running for 45 s; for more at once raise workers_max',
    ],
    [
      "the only worker is busy",
      consumerFacts({
        load: { ...FULL, running: 1 },
        workers: { count: 1, max: 1, mode: "inline" },
        running: [{ ...SLOW, key: null, attempt: 1 }],
      }),
      "workersBusy (waiting): The only worker is busy, 7 entries wait for it: the handler of entry 5-0 has been running for 45 s; it reads on when that ends, for more at once raise workers_max",
    ],
    [
      "one of several handlers runs for long",
      consumerFacts({
        running: [{ ...SLOW, id: "6-0", sinceMs: NOW_MS - 11_000 }, { ...SLOW, attempt: 1 }],
      }),
      'handlerRuns (waiting): A handler runs for long beside 2 more: the handler of entry 5-0 (key "k") has been running for 45 s; see what it waits for, or set handler_timeout_ms',
    ],
    [
      "a failing entry blocks its key",
      consumerFacts({
        load: { ...IDLE, inFlight: 3 },
        running: [],
        resting: [{ ...REST, id: "8-0", dueAtMs: NOW_MS + 20_000 }, REST, REST],
      }),
      'keyBlocked (waiting): Entry 7-0 (key "bob") failed 2 of 5 times and is tried again in 12 s, until then its key waits, as do 2 other entries later; the log says why it failed',
    ],
    [
      "an entry without a key was put off by its handler",
      consumerFacts({
        load: { ...IDLE, inFlight: 1 },
        running: [],
        resting: [{ ...REST, key: null, failures: 0 }],
      }),
      "keyBlocked (waiting): Entry 7-0 was put off by its handler and runs in 12 s",
    ],
    [
      "entries wait for a living consumer",
      emptyHanded({
        pendingCount: 9,
        ownPendingCount: 7,
        oldestPending: { id: "5-0", consumer: "bob", idleMs: 2_000 },
      }),
      'waitsForOther (waiting): 7 entries wait behind earlier ones of the same keys: consumer "bob" holds entry 5-0 and is alive, heard 2 s ago',
    ],
    [
      "an entry waits for a silent consumer",
      emptyHanded({
        pendingCount: 2,
        ownPendingCount: 1,
        oldestPending: { id: "5-0", consumer: "bob", idleMs: 8_000 },
      }),
      'waitsForOther (waiting): 1 entry waits behind earlier ones of the same keys: consumer "bob" holds entry 5-0 and has been silent for 8 s, it is taken over in 2 s',
    ],
    [
      "all that is left is with a living consumer",
      emptyHanded({
        lag: 0,
        pendingCount: 12,
        ownPendingCount: 0,
        oldestPending: { id: "5-0", consumer: "bob", idleMs: 400 },
      }),
      'leaseHeld (waiting): Nothing is left to read, 12 entries pending with others: consumer "bob" holds entry 5-0 and is alive, heard 400 ms ago',
    ],
    [
      "all that is left is with a consumer whose lease is over",
      emptyHanded({
        lag: 0,
        pendingCount: 1,
        ownPendingCount: 0,
        oldestPending: { id: "5-0", consumer: "bob", idleMs: 11_000 },
      }),
      'leaseHeld (waiting): Nothing is left to read, 1 entry pending with others: consumer "bob" holds entry 5-0 and has been silent for 11 s, it is taken over now',
    ],
    [
      "entries were handed back, which is nobody's lease",
      emptyHanded({
        lag: 0,
        pendingCount: 2,
        ownPendingCount: 0,
        oldestPending: { id: "5-0", consumer: "tidemark:released", idleMs: 400 },
      }),
      "makingProgress (working): Making progress: 1,240 entries committed since its start, 0 entries to be read and 2 pending in the group",
    ],
    [
      "the broker cannot be reached",
      unavailable("ECONNREFUSED"),
      "unreachable (waiting): The broker cannot be reached (ECONNREFUSED): tries again in 3 s, after 4 failed calls; check that it runs and that the network lets through",
    ],
    [
      "the broker is a replica",
      unavailable("READONLY"),
      "readOnly (stuck): The broker is a read-only replica: tries again in 3 s, after 4 failed calls; point the URL at the primary",
    ],
    [
      "the broker is out of memory",
      unavailable("OOM"),
      "outOfMemory (stuck): The broker is out of memory: tries again in 3 s, after 4 failed calls; trim streams, or raise its maxmemory",
    ],
    [
      "the broker cannot save",
      unavailable("MISCONF"),
      "diskTrouble (stuck): The broker cannot save to its disk: tries again in 3 s, after 4 failed calls; make room on the disk, or see the server's log",
    ],
    [
      "the SQLite file is held",
      unavailable("SQLITE_BUSY"),
      "serverBusy (waiting): Another process holds the SQLite file: tries again in 3 s, after 4 failed calls; it goes on by itself when that is over",
    ],
    [
      "this program lacks a permission of Deno",
      failing(
        "PERMISSION_MISSING",
        "Cannot connect: this program may not reach it, run it with --allow-net=host:6379",
        1,
      ),
      "noPermission (stuck): This program lacks a permission of Deno: tries again in 3 s; run it with --allow-net=host:6379",
    ],
    [
      "the broker refuses access",
      failing("ACCESS_DENIED", "Cannot commit: the broker refuses access (NOPERM), check user", 1),
      "noPermission (stuck): The broker refuses access (NOPERM): tries again in 3 s; check user, password and permissions",
    ],
    [
      "an answer did not come",
      failing("UNKNOWN_OUTCOME", "Cannot tell whether to commit succeeded (ECONNRESET)", 1),
      "outcomeUnknown (waiting): The connection broke before an answer came: tries again in 3 s; nothing is done twice, the same call is sent again under its token",
    ],
    [
      "a call failed in another way, and nobody says when it is made again",
      consumerFacts({ failures: 1, failure: { code: "ODD", message: "odd" } }),
      'backingOff (waiting): A call failed with "ODD": tries again now; see the log',
    ],
    [
      "a call failed, and nobody says why",
      consumerFacts({ state: "backingOff" }),
      "backingOff (waiting): A call failed: tries again now; see the log",
    ],
    [
      "the group is missing",
      failing("GROUP_MISSING", "Cannot read", 1),
      'groupMissing (waiting): Group "billing" is gone: it is made again in 3 s, at its checkpoint if that was kept; find out who deleted it',
    ],
    [
      "the broker says that the group is missing",
      consumerFacts({ broker: groupFacts({ groupExists: false }) }),
      'groupMissing (waiting): Group "billing" is gone: it is made again now, at its checkpoint if that was kept; find out who deleted it',
    ],
    [
      "the group was reset",
      failing("GROUP_RESET", "Cannot go on", 1),
      'groupReset (waiting): Group "billing" was moved to another position by an operator: it joins again in 3 s and goes on there',
    ],
    [
      "the stream is missing",
      failing("STREAM_MISSING", "Cannot read", 1),
      'streamMissing (stuck): Stream "orders" does not exist: create it, or set create_stream; it looks again in 3 s',
    ],
    [
      "the stream is missing, and it is started again",
      ended("STREAM_MISSING", "Cannot read", {
        supervision: "restarting",
        restartAtMs: NOW_MS + 4_000,
      }),
      'streamMissing (stuck): Stream "orders" does not exist: create it, or set create_stream; it looks again in 4 s',
    ],
    [
      "the stream was missing for too long",
      ended("STREAM_MISSING", "Cannot read"),
      'streamMissing (stuck): Stream "orders" does not exist: create it, or set create_stream, then start it again',
    ],
    [
      "the broker says that the stream is missing",
      consumerFacts({ broker: groupFacts({ streamExists: false }) }),
      'streamMissing (stuck): Stream "orders" does not exist: create it, or set create_stream',
    ],
    [
      "the checkpoint was lost, and the policy says stop",
      ended("CHECKPOINT_BEYOND_END", 'Cannot resume stream "orders": the checkpoint is at 9-0'),
      'checkpointLost (stuck): Stopped to lose nothing unseen: Cannot resume stream "orders": the checkpoint is at 9-0',
    ],
    [
      "a newer process has its name",
      ended("CONSUMER_FENCED", "Cannot go on"),
      'fenced (stuck): Stopped because a newer process runs under the name "ann": give each process a name of its own, then start it again',
    ],
    [
      "it is started again",
      consumerFacts({
        supervision: "restarting",
        state: "failed",
        restarts: 2,
        restartAtMs: NOW_MS + 4_000,
        failure: { code: "X", message: "Cannot do it" },
      }),
      "restarting (waiting): Starts again in 4 s after failure 2 of 5: Cannot do it",
    ],
    [
      "it was given up",
      ended("WRONG_TYPE", 'Cannot use key "orders"', { restarts: 6 }),
      'givenUp (stuck): Given up after 6 failures: Cannot use key "orders"; mend it, then start it again',
    ],
    [
      "it was given up, and its message holds what it should not",
      ended("X", "redis://u:canary@h failed\n\u001b[31m token=canary", { restarts: 1 }),
      "givenUp (stuck): Given up: redis://***@h failed\\n\\u001b[31m token=***; mend it, then start it again",
    ],
    [
      "it drains",
      consumerFacts({
        supervision: "draining",
        state: "draining",
        load: { ...FULL, running: 2 },
        running: [SLOW],
      }),
      "draining (waiting): Stopping: waits for 2 handlers, the longest has been running for 45 s",
    ],
    [
      "it drains, and nothing runs",
      consumerFacts({ supervision: "draining", load: IDLE, running: [] }),
      "draining (waiting): Stopping: commits what is finished and hands back the rest",
    ],
    [
      "it was stopped",
      consumerFacts({ supervision: "stopped", state: "stopped" }),
      "stopped (waiting): Stopped as it was asked to: restart it, or its process, to go on",
    ],
    [
      "it starts",
      consumerFacts({
        supervision: "starting",
        state: "loadingCheckpoint",
        load: IDLE,
        running: [],
      }),
      "starting (waiting): Starting for 3 s: loads its checkpoint and looks at stream and group",
    ],
    [
      "the pool is full of entries that failed",
      consumerFacts({
        load: { demand: 0, inFlight: 400, running: 1, settled: 0 },
        resting: [REST, REST],
      }),
      "saturated (waiting): Full: of the 400 entries that it holds 1 runs, 2 will be tried again, 397 wait behind others of their keys; it reads on when some are finished",
    ],
    [
      "it cannot keep up",
      consumerFacts({ pressure: "saturated", broker: groupFacts({ lag: 120_000 }) }),
      "saturated (waiting): Cannot keep up with 120,000 entries to be read and 4 pending in the group: add workers or processes, or let producers wait",
    ],
    [
      "no process runs it",
      unattended(),
      "unattended (stuck): No process has announced that it runs this group: 92 entries wait since 2026-10-17T09:00Z, for 3 h; start one with tidemark run",
    ],
    [
      "no process runs it, and nobody can tell the lag",
      unattended({ lag: null, lagConfidence: "unknown", waitingSinceMs: null }),
      "unattended (stuck): No process has announced that it runs this group: an unknown number of entries to be read and 4 pending wait; start one with tidemark run",
    ],
    [
      "no process runs it, and nothing waits",
      unattended(NOTHING),
      "unattended (waiting): No process has announced that it runs this group, nothing waits",
    ],
    [
      "no process runs a consumer that holds entries",
      unattended({ ownPendingCount: 3 }, "cid"),
      'unattended (stuck): No process has announced consumer "cid", 3 entries pending for it',
    ],
    [
      "a group that was asked for is missing",
      unattended({ groupExists: false }),
      'groupMissing (stuck): Stream "orders" has no group "billing": create it, or run a consumer of it',
    ],
    [
      "a stream that was asked for is missing",
      unattended({ streamExists: false, groupExists: false }),
      'streamMissing (stuck): Stream "orders" does not exist: create it',
    ],
  ];
