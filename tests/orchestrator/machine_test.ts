/** The orchestrator machine as a chart: what each event does in each state, explored to its end. */

import { assert, assertEquals } from "@std/assert";
import { initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import type { PressureLevel } from "../../src/domain/pressure.ts";
import { orchestratorMachine } from "../../src/orchestrator/machine.ts";
import type { Member, OrchestratorEvent } from "../../src/orchestrator/orchestrator_events.ts";
import { explore, type HeardEvent, stateName, type Step, stuckIn } from "../support/exploration.ts";

const MEMBER_STATES: readonly Member["state"][] = [
  "starting",
  "running",
  "restarting",
  "givenUp",
  "halting",
  "halted",
  "draining",
  "stopping",
  "stopped",
  "failed",
];

const LEVELS: readonly PressureLevel[] = ["ok", "pressured", "saturated"];

const ALL_STATES = [
  "draining",
  "failed",
  "running.healthy",
  "running.pressured",
  "running.saturated",
  "starting",
  "stopped",
  "stopping",
];

type Snapshot = Step<typeof orchestratorMachine>["after"];

function changed(id: string, state: Member["state"]): OrchestratorEvent {
  return { type: "supervisor.changed", id, member: { state, failure: null } };
}

const EVENTS: readonly OrchestratorEvent[] = [
  ...MEMBER_STATES.flatMap((state) => [changed("a", state), changed("b", state)]),
  ...LEVELS.map((level): OrchestratorEvent => ({ type: "monitor.changed", level })),
  { type: "operator.drain" },
  { type: "operator.stop" },
];

/** XState says so of a child that threw. */
const BROKEN: readonly HeardEvent[] = ["a", "unknown"].map((actorId) => ({
  type: `xstate.error.actor.${actorId}`,
  actorId,
  error: new Error("broken"),
}));

function situation({ value, context }: Snapshot): unknown {
  return [value, statesOf(context), context.level];
}

function statesOf({ members }: Snapshot["context"]): (Member["state"] | null)[] {
  return ["a", "b"].map((id) => members[id]?.state ?? null);
}

/** What must hold at every step. */
function check({ event, before, after, asked }: Step<typeof orchestratorMachine>): void {
  const from = before === null ? null : stateName(before.value);
  const to = stateName(after.value);
  const states = statesOf(after.context);
  const { endsOnFailure, level } = after.context;
  const what = `${from} to ${to} by ${event?.type} with ${states} at ${level}`;
  const all = (...wanted: Member["state"][]) =>
    states.every((state) => state !== null && wanted.includes(state));

  assert(after.status !== "error", what);
  if (to === "stopped") assert(all("stopped"), what);
  if (to === "failed") assert(all("stopped", "failed") && states.includes("failed"), what);
  if (from === "starting" && to.startsWith("running")) {
    const begun = ["running", "givenUp", "halting", "halted"] as const;
    assert(all(...begun, "draining", "stopping", "stopped", "failed"), what);
  }
  if (to.startsWith("running")) {
    const shown: PressureLevel = to === "running.healthy"
      ? "ok"
      : to === "running.pressured"
      ? "pressured"
      : "saturated";
    assertEquals(shown, level, what);
    assert(!all("stopped", "failed", "givenUp"), what);
    if (endsOnFailure) assert(!states.includes("givenUp") && !states.includes("failed"), what);
  }
  const may: Record<string, string> = {
    draining: "draining stopping stopped failed",
    stopping: "stopping stopped failed",
  };
  if (from !== null && from in may) assert(may[from]?.split(" ").includes(to), what);
  const enters = (state: string) => to === state && from !== state;
  assertEquals(asked.includes("requestStart"), from === null, what);
  if (enters("draining")) assert(asked.includes("requestDrain"), what);
  if (enters("stopping")) assert(asked.includes("requestStop"), what);
  if (from === to) assert(!asked.some((name) => name.startsWith("request")), what);
}

const explored = [true, false].map((endsOnFailure) =>
  explore(orchestratorMachine, {
    input: { consumerCount: 2, endsOnFailure },
    events: () => [...EVENTS, ...BROKEN],
    situation,
    remember: (_, step) => {
      check(step);
      return null;
    },
  })
);

Deno.test("orchestratorMachine ends only with its last consumer, and shows the backpressure as long as it runs", () => {
  // Asserted at every step of the exploration; here, that there was something to explore.
  assertEquals(explored.map((found) => found.size > 300), [true, true]);
});

Deno.test("orchestratorMachine reaches every one of its states, and no other", () => {
  for (const found of explored) {
    const reached = new Set([...found.values()].map(({ snapshot }) => stateName(snapshot.value)));
    assertEquals([...reached].sort(), ALL_STATES);
  }
});

Deno.test("orchestratorMachine reaches every state on the shortest paths of xstate/graph", () => {
  const paths = getShortestPaths(orchestratorMachine, {
    input: { consumerCount: 2, endsOnFailure: false },
    events: [...EVENTS],
    serializeState: (snapshot) => JSON.stringify(situation(snapshot)),
    limit: 100_000,
  });
  const reached = new Set(paths.map(({ state }) => stateName(state.value)));
  assertEquals([...reached].sort(), ALL_STATES);
});

Deno.test("orchestratorMachine has a way to an end from every situation", () => {
  for (const found of explored) assertEquals(stuckIn(found, ({ status }) => status === "done"), []);
});

Deno.test("orchestratorMachine changes nothing by an error of an actor that it does not know", () => {
  const [, unknown] = BROKEN;
  assert(unknown !== undefined);
  for (const { snapshot } of explored.flatMap((found) => [...found.values()])) {
    if (snapshot.status !== "active") continue;
    const [after] = transition(orchestratorMachine, snapshot, unknown as OrchestratorEvent);
    assertEquals(situation(after), situation(snapshot));
  }
});

/** The states along a sequence of events. */
function story(endsOnFailure: boolean, ...events: readonly OrchestratorEvent[]): string[] {
  let [snapshot] = initialTransition(orchestratorMachine, { consumerCount: 2, endsOnFailure });
  const told = [stateName(snapshot.value)];
  for (const event of events) {
    [snapshot] = transition(orchestratorMachine, snapshot, event);
    told.push(stateName(snapshot.value));
  }
  return told;
}

const bothRun = [changed("a", "running"), changed("b", "running")];

Deno.test("orchestratorMachine has started when every consumer reads or was given up", () => {
  assertEquals(
    story(
      false,
      changed("a", "restarting"),
      changed("b", "running"),
      changed("a", "starting"),
      changed("a", "givenUp"),
    ),
    ["starting", "starting", "starting", "starting", "running.healthy"],
  );
});

Deno.test("orchestratorMachine goes on without one that was given up, and ends with the last one", () => {
  assertEquals(
    story(false, ...bothRun, changed("a", "givenUp"), changed("b", "givenUp")).slice(2),
    [
      "running.healthy",
      "running.healthy",
      "draining",
    ],
  );
});

Deno.test("orchestratorMachine ends with the first one that was given up or broke, if told so", () => {
  assertEquals(story(true, ...bothRun, changed("a", "givenUp")).slice(-1), ["draining"]);
  assertEquals(story(true, ...bothRun, changed("a", "failed")).slice(-1), ["draining"]);
  assertEquals(story(true, ...bothRun, changed("a", "restarting")).slice(-1), ["running.healthy"]);
});

Deno.test("orchestratorMachine shows the worst backpressure at once, also one told before it runs", () => {
  const level = (level: PressureLevel): OrchestratorEvent => ({ type: "monitor.changed", level });
  assertEquals(
    story(false, level("saturated"), ...bothRun, level("ok"), level("pressured")).slice(3),
    [
      "running.saturated",
      "running.healthy",
      "running.pressured",
    ],
  );
});
