/** The supervisor machine as a chart: what each event does in each state, explored to its end. */

import { assert, assertEquals } from "@std/assert";
import { initialTransition, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import type { Failure } from "../../src/orchestrator/restart_policy.ts";
import type {
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
} from "../../src/orchestrator/supervisor_events.ts";
import { supervisorMachine } from "../../src/orchestrator/supervisor_machine.ts";
import { explore, stateName, type Step, stuckIn } from "../support/exploration.ts";

const WINDOW_MS = 60_000;
const RESTARTS_MAX = 2;

const ALL_STATES = [
  "draining",
  "failed",
  "givenUp",
  "halted",
  "halting",
  "restarting",
  "running",
  "starting",
  "stopped",
  "stopping",
];

/** Those from which it may run again. */
const BEGUN = ["starting", "running", "restarting", "givenUp", "halting", "halted"];

type Snapshot = Step<typeof supervisorMachine>["after"];

function input(mayRename: boolean): SupervisorInput {
  return {
    stream: "orders",
    group: "billing",
    consumer: "main",
    restartsMax: RESTARTS_MAX,
    windowMs: WINDOW_MS,
    mayRename,
  };
}

function failure(restart: Failure["restart"]): Failure {
  return { code: "X", message: "x", restart };
}

/** What the machine hears, with the number of a request. */
function answers(request: number, { failedAtMs }: SupervisorContext): SupervisorEvent[] {
  const lastMs = failedAtMs.at(-1) ?? 0;
  const ended = (why: Failure | null, atMs: number): SupervisorEvent => ({
    type: "consumer.ended",
    request,
    failure: why,
    atMs,
    freeName: "main~free",
  });
  return [
    { type: "consumer.reading", request },
    ended(null, lastMs),
    ended(failure("later"), lastMs),
    ended(failure("later"), lastMs + WINDOW_MS),
    ended(failure("never"), lastMs),
    ended(failure("renamed"), lastMs),
    { type: "clock.waiting", request, untilMs: 5 },
    { type: "clock.elapsed", request },
    { type: "operator.restart" },
    { type: "operator.halt" },
    { type: "operator.drain" },
    { type: "operator.stop" },
    { type: "host.end", id: "unknown" },
  ];
}

/** Everything by which two snapshots differ in what they will do; of times only how many still count. */
function situation({ value, context }: Snapshot): unknown {
  const { failedAtMs, failure, restartAtMs, consumer } = context;
  return [value, failedAtMs.length, failure?.restart ?? null, restartAtMs !== null, consumer];
}

/** Whether a consumer was asked for and has not ended. */
interface World {
  readonly consumerLives: boolean;
}

function live(
  world: World | null,
  { event, before, after, asked }: Step<typeof supervisorMachine>,
): World {
  const isOnTime = event !== null && "request" in event &&
    before?.context.request === event.request;
  const hasEnded = event?.type === "consumer.ended" && isOnTime;
  const consumerLives = (world?.consumerLives ?? false) && !hasEnded;
  const started = asked.filter((name) => name === "requestStart").length;
  assert(started <= 1 && !(started === 1 && consumerLives), "one was started beside another");
  const ends = after.status !== "active";
  assert(!(ends && consumerLives), `${stateName(after.value)} while its consumer lives`);
  assertEquals(after.status === "error", false);
  assert(after.context.failedAtMs.length <= RESTARTS_MAX + 1, "failures are counted without end");
  const waits = asked.includes("requestDelay");
  assertEquals(waits, after.value === "restarting" && before?.value !== "restarting");
  return { consumerLives: consumerLives || started === 1 };
}

/** A consumer ends only if there is one. Late answers are tried in every situation by a test of their own. */
function possible(snapshot: Snapshot, { consumerLives }: World): SupervisorEvent[] {
  const events = answers(snapshot.context.request, snapshot.context);
  return events.filter(({ type }) => consumerLives || !type.startsWith("consumer."));
}

const explored = [true, false].map((mayRename) =>
  explore(supervisorMachine, {
    input: input(mayRename),
    events: possible,
    situation,
    remember: live,
  })
);

Deno.test("supervisorMachine starts a consumer only after the one before has ended, and ends only after it", () => {
  // Asserted at every step of the exploration; here, that there was something to explore.
  assertEquals(explored.map((found) => found.size > 30), [true, true]);
});

Deno.test("supervisorMachine reaches every one of its states, and no other", () => {
  for (const found of explored) {
    const reached = new Set([...found.values()].map(({ snapshot }) => stateName(snapshot.value)));
    assertEquals([...reached].sort(), ALL_STATES);
  }
});

Deno.test("supervisorMachine reaches every state on the shortest paths of xstate/graph", () => {
  const paths = getShortestPaths(supervisorMachine, {
    input: input(true),
    events: ({ context }) => answers(context.request, context),
    serializeState: (snapshot) => JSON.stringify(situation(snapshot)),
    limit: 10_000,
  });
  const reached = new Set(paths.map(({ state }) => stateName(state.value)));
  assertEquals([...reached].sort(), ALL_STATES);
});

Deno.test("supervisorMachine has a way to running and a way to an end from every situation that is not one", () => {
  for (const found of explored) {
    assertEquals(stuckIn(found, ({ status }) => status === "done"), []);
    const begun = new Map(
      [...found].filter(([, { snapshot }]) => BEGUN.includes(stateName(snapshot.value))),
    );
    assertEquals(stuckIn(begun, ({ value }) => value === "running"), []);
  }
});

Deno.test("supervisorMachine ignores late answers in every situation, and asks for nothing then", () => {
  for (const { snapshot } of explored.flatMap((found) => [...found.values()])) {
    if (snapshot.status !== "active") continue;
    for (const event of answers(snapshot.context.request - 1, snapshot.context)) {
      if (!("request" in event)) continue;
      const [after, actions] = transition(supervisorMachine, snapshot, event);
      assertEquals(situation(after), situation(snapshot), `${snapshot.value} ${event.type}`);
      assertEquals(actions, [], `${snapshot.value} ${event.type}`);
    }
  }
});

Deno.test("supervisorMachine restarts at most restartsMax times in a window, whatever the order of failures", () => {
  for (const mayRename of [true, false]) {
    let [snapshot] = initialTransition(supervisorMachine, input(mayRename));
    const visited: string[] = [];
    for (let round = 0; round < 10 && snapshot.value !== "givenUp"; round++) {
      [snapshot] = transition(
        supervisorMachine,
        snapshot,
        ended(snapshot, round % 2 ? "renamed" : "later"),
      );
      visited.push(snapshot.value);
      if (snapshot.value !== "restarting") continue;
      const { request } = snapshot.context;
      [snapshot] = transition(supervisorMachine, snapshot, { type: "clock.elapsed", request });
    }
    assertEquals(
      visited,
      mayRename ? ["restarting", "starting", "givenUp"] : ["restarting", "givenUp"],
    );
  }
});

function ended(snapshot: Snapshot, restart: Failure["restart"]): SupervisorEvent {
  const { request } = snapshot.context;
  const freeName = `main~${request}`;
  return { type: "consumer.ended", request, failure: failure(restart), atMs: 1, freeName };
}

Deno.test("supervisorMachine renames once even where nothing may be restarted", () => {
  let [snapshot] = initialTransition(supervisorMachine, { ...input(true), restartsMax: 0 });
  const told: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    [snapshot] = transition(supervisorMachine, snapshot, ended(snapshot, "renamed"));
    told.push([snapshot.value, snapshot.context.consumer]);
  }
  assertEquals(told, [["starting", "main~1"], ["givenUp", "main~1"]]);
});

Deno.test("supervisorMachine forgets failures when an operator restarts what was given up", () => {
  let [snapshot] = initialTransition(supervisorMachine, input(false));
  [snapshot] = transition(supervisorMachine, snapshot, ended(snapshot, "never"));
  assertEquals([snapshot.value, snapshot.context.failure?.restart], ["givenUp", "never"]);
  [snapshot] = transition(supervisorMachine, snapshot, { type: "operator.restart" });
  const { failure: why, failedAtMs, starts } = snapshot.context;
  assertEquals([snapshot.value, why, failedAtMs, starts], ["starting", null, [], 2]);
});

Deno.test("supervisorMachine that waits to start again stops in order; one that gave up has failed", () => {
  const end = (restart: Failure["restart"], type: "operator.drain" | "operator.stop") => {
    let [snapshot] = initialTransition(supervisorMachine, input(false));
    [snapshot] = transition(supervisorMachine, snapshot, ended(snapshot, restart));
    const [after] = transition(supervisorMachine, snapshot, { type });
    return [snapshot.value, after.value];
  };
  assertEquals(end("later", "operator.drain"), ["restarting", "stopped"]);
  assertEquals(end("later", "operator.stop"), ["restarting", "stopped"]);
  assertEquals(end("never", "operator.drain"), ["givenUp", "failed"]);
  assertEquals(end("never", "operator.stop"), ["givenUp", "failed"]);
});

Deno.test("supervisorMachine that an operator drained waits for a restart, and stops in order with the service", () => {
  let [snapshot] = initialTransition(supervisorMachine, input(false));
  const hear = (event: SupervisorEvent) => {
    [snapshot] = transition(supervisorMachine, snapshot, event);
    return [snapshot.value, snapshot.context.failure?.restart ?? null];
  };
  const { request } = snapshot.context;
  const drained: SupervisorEvent = {
    type: "consumer.ended",
    request,
    failure: null,
    atMs: 1,
    freeName: "main~free",
  };
  assertEquals(
    [
      hear({ type: "consumer.reading", request }),
      hear({ type: "operator.halt" }),
      hear({ type: "operator.restart" }),
      hear(drained),
      hear({ type: "operator.halt" }),
      hear({ type: "operator.restart" }),
      hear({ type: "operator.halt" }),
      hear(ended(snapshot, "later")),
      hear({ type: "operator.drain" }),
    ],
    [
      ["running", null],
      ["halting", null],
      ["halting", null],
      ["halted", null],
      ["halted", null],
      ["starting", null],
      ["halting", null],
      ["halted", "later"],
      ["stopped", "later"],
    ],
  );
});
