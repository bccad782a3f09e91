/** The worker machine as a chart: every state is reached, none is a dead end, and what comes late changes nothing. */

import { assert, assertEquals } from "@std/assert";
import { initialTransition, transition } from "xstate";
import { createTestModel, getShortestPaths } from "xstate/graph";
import {
  type WorkerContext,
  type WorkerEvent,
  workerMachine,
} from "../../src/workers/worker_machine.ts";

const input = { name: "worker-1", atMs: 1 };
const ALL_STATES = ["busy", "idle", "restarting", "stopped"];

const events: WorkerEvent[] = [
  { type: "pool.assigned", id: "5-0", atMs: 2, attemptCount: 1 },
  { type: "pool.assigned", id: "6-0", atMs: 3, attemptCount: 2 },
  { type: "handler.settled", atMs: 4, attemptCount: 3 },
  { type: "thread.starting", atMs: 5 },
  { type: "thread.lost", reason: "out of memory", atMs: 6 },
  { type: "thread.ready", atMs: 7 },
  { type: "pool.dismissed", atMs: 8, attemptCount: 4 },
];

type Snapshot = ReturnType<typeof start>;

function start() {
  return initialTransition(workerMachine, input)[0];
}

function after(...heard: readonly WorkerEvent[]): Snapshot {
  return heard.reduce((snapshot, event) => transition(workerMachine, snapshot, event)[0], start());
}

/** Losses are counted without end: up to two of them are told apart. */
function situation({ value, context }: Pick<Snapshot, "value" | "context">): string {
  return JSON.stringify([value, context.entryId, Math.min(context.lossCount, 2)]);
}

/** Every situation that any sequence of events leads to, and where each event leads from there. */
function explore(): { snapshots: Map<string, Snapshot>; next: Map<string, Set<string>> } {
  const snapshots = new Map<string, Snapshot>();
  const next = new Map<string, Set<string>>();
  const open = [start()];
  for (let snapshot = open.pop(); snapshot !== undefined; snapshot = open.pop()) {
    const here = situation(snapshot);
    if (snapshots.has(here)) continue;
    snapshots.set(here, snapshot);
    const reached = events.map((event) => transition(workerMachine, snapshot, event)[0]);
    next.set(here, new Set(reached.map(situation)));
    open.push(...reached);
  }
  return { snapshots, next };
}

const explored = explore();

Deno.test("workerMachine reaches every one of its states on the shortest paths of xstate/graph", () => {
  const paths = getShortestPaths(workerMachine, { input, events, serializeState: situation });
  assertEquals([...new Set(paths.map(({ state }) => String(state.value)))].sort(), ALL_STATES);
  const reached = [...explored.snapshots.values()].map(({ value }) => value);
  assertEquals([...new Set(reached)].sort(), ALL_STATES);
});

Deno.test("workerMachine keeps its word on every path of the test model of xstate/graph", async () => {
  const model = createTestModel(workerMachine);
  const seen = new Set<string>();
  const check = (state: { context: WorkerContext; value: unknown }) => {
    seen.add(String(state.value));
    assertEquals(state.context.entryId !== null, state.value === "busy");
  };
  const paths = model.getShortestPaths({ input, events, serializeState: situation });
  for (const path of paths) {
    await path.test({ states: { "*": check } });
  }
  assertEquals([...seen].sort(), ALL_STATES);
});

Deno.test("workerMachine has a way back to idle from every situation but its end", () => {
  const good = new Set<string>();
  for (const [name, { value }] of explored.snapshots) if (value === "idle") good.add(name);
  for (let grew = true; grew;) {
    grew = false;
    for (const [name, reached] of explored.next) {
      if (good.has(name) || ![...reached].some((there) => good.has(there))) continue;
      good.add(name);
      grew = true;
    }
  }
  const stuck = [...explored.snapshots].filter(([name]) => !good.has(name));
  assertEquals([...new Set(stuck.map(([, { value }]) => value))], ["stopped"]);
});

Deno.test("workerMachine is dismissed in every state, and never put in error", () => {
  const dismissed: WorkerEvent = { type: "pool.dismissed", atMs: 9, attemptCount: 9 };
  for (const snapshot of explored.snapshots.values()) {
    assert(snapshot.status !== "error");
    const [end] = transition(workerMachine, snapshot, dismissed);
    assertEquals([end.value, end.status], ["stopped", "done"]);
  }
});

Deno.test("workerMachine takes no notice of what comes late or makes no sense", () => {
  const odd: Record<string, readonly WorkerEvent["type"][]> = {
    idle: ["handler.settled", "thread.ready"],
    busy: ["thread.ready"],
    restarting: ["pool.assigned", "handler.settled", "thread.starting"],
    stopped: events.map(({ type }) => type),
  };
  const seen = new Set<string>();
  for (const snapshot of explored.snapshots.values()) {
    for (const event of events) {
      if (!odd[String(snapshot.value)]?.includes(event.type)) continue;
      seen.add(`${snapshot.value} ${event.type}`);
      const [next] = transition(workerMachine, snapshot, event);
      assertEquals([next.value, next.context], [snapshot.value, snapshot.context], event.type);
    }
  }
  assertEquals(seen.size, 2 + 1 + 3 + 6);
});

Deno.test("workerMachine remembers what an inspector shows of a worker", () => {
  const told = (...heard: readonly WorkerEvent[]) => after(...heard).context;
  const [first, second, settled, , lost, ready, dismissed] = events;
  assert(first && second && settled && lost && ready && dismissed);
  const hired = {
    name: "worker-1",
    entryId: null,
    sinceMs: 1,
    attemptCount: 0,
    lossCount: 0,
    lossReason: null,
  };
  const broken = { lossCount: 1, lossReason: "out of memory" };
  assertEquals(told(), hired);
  assertEquals(told(first), { ...hired, entryId: "5-0", sinceMs: 2, attemptCount: 1 });
  assertEquals(told(first, second), { ...hired, entryId: "6-0", sinceMs: 3, attemptCount: 2 });
  assertEquals(told(first, second, settled), { ...hired, sinceMs: 4, attemptCount: 3 });
  assertEquals(told(first, lost), { ...hired, ...broken, sinceMs: 6, attemptCount: 1 });
  assertEquals(told(lost, lost, ready), { ...hired, ...broken, lossCount: 2, sinceMs: 7 });
  assertEquals(told(first, dismissed), { ...hired, sinceMs: 8, attemptCount: 4 });
});
