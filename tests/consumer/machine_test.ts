/** The consumer machine as a chart: what each event does in each state, and that no path is a dead end. */

import { assert, assertEquals } from "@std/assert";
import { transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { consumerMachine } from "../../src/consumer/machine.ts";
import type { ConsumerEvent } from "../../src/consumer/machine_events.ts";
import type { Load } from "../../src/workers/load.ts";
import {
  allSettled,
  batch,
  busy,
  commit,
  committed,
  elapsed,
  established,
  failedWith,
  free,
  full,
  input,
  joined,
  nothingToClaim,
  ownDrained,
  saved,
  settled,
  type Snapshot,
  start,
  stateOf,
  story,
} from "../support/consumer_story.ts";

/** What the machine hears, with the number of the request that it waits for. */
function answers(request: number): ConsumerEvent[] {
  const span = { firstId: "1-0", lastId: "5-0" } as const;
  const failed = (recovery: "retry" | "unknown" | "rejoin" | "fatal"): ConsumerEvent => ({
    type: "broker.failed",
    request,
    recovery,
    code: recovery.toUpperCase(),
    message: recovery,
    load: free,
  });
  const read = (count: number, ownPendingDrained: boolean, load: Load): ConsumerEvent => ({
    type: "broker.read",
    request,
    count,
    span: count > 0 ? span : null,
    ownPendingDrained,
    load,
  });
  return [
    { type: "broker.joined", request, epoch: 1, rows: ["V3"] },
    { type: "broker.established", request, position: "0-0" },
    read(5, true, busy),
    read(0, true, free),
    read(0, true, full),
    read(0, false, free),
    { type: "broker.claimed", request, count: 2, span, next: null, load: busy },
    { type: "broker.claimed", request, count: 0, span: null, next: "3-0", load: free },
    { type: "broker.claimed", request, count: 0, span: null, next: null, load: free },
    { ...commit, request, count: 5, fenced: 0, load: free },
    { ...commit, request, count: 4, fenced: 1, load: busy },
    { type: "broker.released", request },
    failed("retry"),
    failed("unknown"),
    failed("rejoin"),
    failed("fatal"),
    { type: "broker.fenced", code: "CONSUMER_FENCED", message: "a newer process" },
    { type: "broker.forgot", code: "GROUP_RESET", message: "another position" },
    { type: "broker.lost", code: "DATA_LOSS", message: "trimmed" },
    { type: "store.saved", request, load: free },
    { type: "store.saved", request, load: busy },
    { type: "store.saved", request, load: full },
    { type: "pool.settled", load: settled },
    { type: "pool.load", load: free },
    { type: "pool.load", load: busy },
    { type: "clock.elapsed", request },
    { type: "clock.reclaimDue" },
    { type: "clock.graceOver" },
    { type: "operator.pause" },
    { type: "operator.resume" },
    { type: "operator.reclaim" },
    { type: "operator.drain" },
    { type: "operator.stop" },
  ];
}

/** Everything by which two snapshots differ in what they will do; counts and texts aside. */
function situation(snapshot: Snapshot): string {
  const { value, context } = snapshot;
  const { load, returnTo, ownPendingDrained, reclaimWanted, pauseWanted } = context;
  return JSON.stringify([value, load, returnTo, ownPendingDrained, reclaimWanted, pauseWanted]);
}

/** Explores every situation that any sequence of events can lead to. */
function explore(): { snapshots: Map<string, Snapshot>; next: Map<string, Set<string>> } {
  const snapshots = new Map<string, Snapshot>();
  const next = new Map<string, Set<string>>();
  const open: Snapshot[] = [start()[0]];
  for (let snapshot = open.pop(); snapshot !== undefined; snapshot = open.pop()) {
    const here = situation(snapshot);
    if (snapshots.has(here)) continue;
    snapshots.set(here, snapshot);
    const reached = new Set<string>();
    next.set(here, reached);
    if (snapshot.status !== "active") continue;
    for (const event of answers(snapshot.context.request)) {
      const [after] = transition(consumerMachine, snapshot, event);
      reached.add(situation(after));
      open.push(after);
    }
  }
  return { snapshots, next };
}

const explored = explore();

const ALL_STATES = [
  "acking",
  "backingOff",
  "checkpointing",
  "draining.committing",
  "draining.finishing",
  "draining.releasing",
  "draining.retrying",
  "failed",
  "loadingCheckpoint",
  "paused",
  "processing",
  "reading",
  "reclaiming",
  "stopped",
  "validating",
];

Deno.test("consumerMachine reaches every one of its states, and no other", () => {
  const reached = new Set([...explored.snapshots.values()].map(stateOf));
  assertEquals([...reached].sort(), ALL_STATES);
});

Deno.test("consumerMachine reaches every state on the shortest paths of xstate/graph", () => {
  const paths = getShortestPaths(consumerMachine, {
    input,
    events: (snapshot) => answers(snapshot.context.request),
    serializeState: situation,
    limit: 100_000,
  });
  const reached = new Set(paths.map((path) => stateOf(path.state)));
  assertEquals([...reached].sort(), ALL_STATES);
});

Deno.test("consumerMachine has a way to reading or to an end from every situation", () => {
  const good = new Set<string>();
  for (const [name, snapshot] of explored.snapshots) {
    if (["reading", "stopped", "failed"].includes(stateOf(snapshot))) good.add(name);
  }
  for (let grew = true; grew;) {
    grew = false;
    for (const [name, reached] of explored.next) {
      if (good.has(name) || ![...reached].some((there) => good.has(there))) continue;
      good.add(name);
      grew = true;
    }
  }
  const stuck = [...explored.snapshots.keys()].filter((name) => !good.has(name));
  assertEquals(stuck, []);
});

Deno.test("consumerMachine is never put in error by any event in any situation", () => {
  for (const snapshot of explored.snapshots.values()) {
    assert(snapshot.status !== "error", stateOf(snapshot));
  }
});

Deno.test("consumerMachine ignores the answer to an earlier request in every state", () => {
  for (const snapshot of explored.snapshots.values()) {
    if (snapshot.status !== "active") continue;
    for (const event of answers(snapshot.context.request - 1)) {
      if (!("request" in event)) continue;
      const [after] = transition(consumerMachine, snapshot, event);
      assertEquals(situation(after), situation(snapshot), `${stateOf(snapshot)} ${event.type}`);
    }
  }
});

Deno.test("consumerMachine hands back what is not started at a pause, also where it was paused by pressure", () => {
  const pressed = (): ConsumerEvent => ({ type: "pool.load", load: { ...free, demand: 0 } });
  const pause = (): ConsumerEvent => ({ type: "operator.pause" });
  const resume = (): ConsumerEvent => ({ type: "operator.resume" });
  const told = story([
    joined,
    established,
    ownDrained,
    nothingToClaim,
    pressed,
    pause,
    pause,
    resume,
  ]);
  assertEquals(told.slice(-4), [
    "paused holdRead handBackUnstarted",
    "paused handBackUnstarted",
    "paused handBackUnstarted",
    "paused requestRead holdRead handBackUnstarted",
  ]);
});

Deno.test("consumerMachine goes through a batch in the order of the design", () => {
  assertEquals(
    story([joined, established, ownDrained, nothingToClaim, batch, allSettled, committed, saved]),
    [
      "loadingCheckpoint requestJoin",
      "validating requestEstablish",
      "reading requestRead",
      "reclaiming holdRead requestRead holdRead requestClaim",
      "reading requestRead",
      "processing holdRead startBatch requestRead",
      "acking holdRead requestCommit requestReadAhead",
      "checkpointing holdRead requestSave",
      "reading requestRead",
    ],
  );
});

Deno.test("consumerMachine sends a commit of unknown outcome again, then drains its own pending list", () => {
  const before = [joined, established, ownDrained, nothingToClaim, batch, allSettled];
  assertEquals(story([...before, failedWith("unknown"), elapsed, committed]).slice(-3), [
    "backingOff holdRead requestDelay",
    "acking requestCommit requestReadAhead",
    "checkpointing holdRead requestSave",
  ]);
  let [snapshot] = start();
  for (const event of [...before, failedWith("unknown"), elapsed, committed, saved]) {
    [snapshot] = transition(consumerMachine, snapshot, event(snapshot.context.request));
  }
  assertEquals(snapshot.context.ownPendingDrained, false);
});

Deno.test("consumerMachine joins again when its group is gone, and lets go of what it held", () => {
  const before = [joined, established, ownDrained, nothingToClaim, batch, allSettled];
  assertEquals(story([...before, failedWith("rejoin"), elapsed]).slice(-2), [
    "backingOff holdRead abandonInFlight requestDelay",
    "loadingCheckpoint requestJoin",
  ]);
});

Deno.test("consumerMachine joins again when its place is forgotten, without waiting for its handlers", () => {
  const forgot = (): ConsumerEvent => ({ type: "broker.forgot", code: "X", message: "x" });
  const pause = (): ConsumerEvent => ({ type: "operator.pause" });
  const drain = (): ConsumerEvent => ({ type: "operator.drain" });
  const working = [joined, established, ownDrained, nothingToClaim, batch];
  const rejoins = ["backingOff abandonInFlight requestDelay", "loadingCheckpoint requestJoin"];
  assertEquals(story([...working, forgot, elapsed]).slice(-2), [
    "backingOff holdRead abandonInFlight requestDelay",
    "loadingCheckpoint requestJoin",
  ]);
  assertEquals(story([...working, pause, forgot, elapsed]).slice(-2), rejoins);
  assertEquals(story([...working, drain, forgot]).slice(-1), [
    "draining.releasing requestRelease",
  ]);
  // A call that is under way tells it by its answer.
  assertEquals(story([...working, allSettled, forgot]).slice(-1), ["acking"]);
});

Deno.test("consumerMachine stops reading at a pause and commits what is finished meanwhile", () => {
  const pause = (): ConsumerEvent => ({ type: "operator.pause" });
  const resume = (): ConsumerEvent => ({ type: "operator.resume" });
  const before = [joined, established, ownDrained, nothingToClaim, batch];
  assertEquals(story([...before, pause, allSettled, committed, saved, resume]).slice(-5), [
    "paused holdRead handBackUnstarted",
    "acking requestCommit requestReadAhead",
    "checkpointing holdRead requestSave",
    "paused handBackUnstarted",
    "reading requestRead",
  ]);
});

Deno.test("consumerMachine drains: commits what is finished, hands back the rest, stops", () => {
  const drain = (): ConsumerEvent => ({ type: "operator.drain" });
  const quiet = (): ConsumerEvent => ({ type: "pool.load", load: free });
  const released = (request: number): ConsumerEvent => ({ type: "broker.released", request });
  const before = [joined, established, ownDrained, nothingToClaim, batch];
  assertEquals(story([...before, drain, allSettled, committed, quiet, released]).slice(-5), [
    "draining.finishing holdRead requestDrain",
    "draining.committing requestCommit",
    "draining.finishing requestSave requestDrain",
    "draining.releasing requestRelease",
    "stopped",
  ]);
});

Deno.test("consumerMachine ends as failed when a call can never succeed, and is fenced in any state", () => {
  assertEquals(story([failedWith("fatal")]).slice(-1), ["failed abandonInFlight"]);
  const fenced = (): ConsumerEvent => ({
    type: "broker.fenced",
    code: "CONSUMER_FENCED",
    message: "newer",
  });
  assertEquals(story([joined, established, ownDrained, fenced]).slice(-1), [
    "failed abandonInFlight",
  ]);
});

Deno.test("consumerMachine ends as failed in any state when entries were lost and it is to stop", () => {
  const lost = (): ConsumerEvent => ({
    type: "broker.lost",
    code: "DATA_LOSS",
    message: "trimmed",
  });
  assertEquals(story([lost]).slice(-1), ["failed abandonInFlight"]);
  assertEquals(story([joined, established, ownDrained, batch, lost]).slice(-1), [
    "failed abandonInFlight",
  ]);
});
