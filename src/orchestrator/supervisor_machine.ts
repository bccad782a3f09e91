/**
 * The supervision of one consumer, as a chart: it is started, and started again when it has failed, until it failed too
 * often or cannot work at all. Its guarantee: whatever happens to its consumer happens to no other one, and a consumer is
 * started only after the one before has let go of everything.
 *
 * @module
 */

import { assign, enqueueActions, setup, stopChild } from "xstate";
import { type SpawnChild, startChildOf } from "./hosting.ts";
import { recentFailures } from "./restart_policy.ts";
import type { SupervisorContext, SupervisorEvent, SupervisorInput } from "./supervisor_events.ts";

const asked = () => {};

const vocabulary = setup({
  types: {
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    input: {} as SupervisorInput,
  },
  guards: {
    answerIsLate: ({ context, event }) => "request" in event && event.request !== context.request,
    endedInOrder: ({ event }) => event.type === "consumer.ended" && event.failure === null,
    nameWasTaken: ({ context, event }) =>
      context.mayRename && event.type === "consumer.ended" &&
      event.failure?.restart === "renamed" &&
      failuresWith(event, context) <= Math.max(1, context.restartsMax),
    restartMayHelp: ({ context, event }) =>
      event.type === "consumer.ended" && event.failure?.restart === "later" &&
      failuresWith(event, context) <= context.restartsMax,
  },
  actions: {
    numberRequest: assign({ request: ({ context }) => context.request + 1 }),
    countStart: assign({ starts: ({ context }) => context.starts + 1, restartAtMs: null }),
    rememberFailure: assign(({ context, event }) =>
      event.type === "consumer.ended" && event.failure !== null
        ? {
          failure: event.failure,
          failedAtMs: recentFailures(context.failedAtMs, {
            atMs: event.atMs,
            windowMs: context.windowMs,
          }).slice(-1 - context.restartsMax),
        }
        : {}
    ),
    rememberWait: assign(({ event }) =>
      event.type === "clock.waiting" ? { restartAtMs: event.untilMs } : {}
    ),
    forgetWait: assign({ restartAtMs: null }),
    forgetFailure: assign({ failure: null }),
    forgetFailures: assign({ failure: null, failedAtMs: [] }),
    takeFreeName: assign(({ event }) =>
      event.type === "consumer.ended" ? { consumer: event.freeName } : {}
    ),
    startChild: enqueueActions(({ enqueue, event }) => {
      startChildOf(event, enqueue.spawnChild as SpawnChild);
    }),
    endChild: stopChild(({ event }) => (event.type === "host.end" ? event.id : "")),
    leaveToConsumer: asked,
    requestStart: asked,
    requestDelay: asked,
    requestDrain: asked,
    requestStop: asked,
  },
});

/** The chart. `supervision.ts` provides the `request…` actions. */
export const supervisorMachine = vocabulary.createMachine({
  id: "supervisor",
  description: "Keeps one consumer running.",
  context: ({ input }) => ({
    ...input,
    request: 0,
    starts: 0,
    failedAtMs: [],
    failure: null,
    restartAtMs: null,
  }),
  options: { maxIterations: 100 },
  initial: "starting",
  on: {
    "host.start": { actions: "startChild" },
    "host.end": { actions: "endChild" },
    // A machine that threw: its consumer tells of it by consumer.ended, once everything that it held is closed.
    "xstate.error.actor.*": { actions: "leaveToConsumer" },
  },
  states: {
    starting: {
      description: "Starts the consumer and waits until it reads.",
      entry: ["numberRequest", "countStart", "requestStart"],
      on: {
        "consumer.reading": [
          { guard: "answerIsLate" },
          { target: "running", actions: "forgetFailure" },
        ],
        "consumer.ended": afterEnd(),
        "operator.halt": { target: "halting" },
        "operator.drain": { target: "draining" },
        "operator.stop": { target: "stopping" },
      },
    },
    running: {
      description: "The consumer works.",
      on: {
        "consumer.ended": afterEnd(),
        "operator.halt": { target: "halting" },
        "operator.drain": { target: "draining" },
        "operator.stop": { target: "stopping" },
      },
    },
    restarting: {
      description: "Waits before it starts the consumer again, longer each time.",
      entry: ["numberRequest", "requestDelay"],
      on: {
        "clock.waiting": [{ guard: "answerIsLate" }, { actions: "rememberWait" }],
        "clock.elapsed": [{ guard: "answerIsLate" }, { target: "starting" }],
        "operator.restart": { target: "starting" },
        "operator.halt": { target: "halted", actions: "forgetWait" },
        "operator.drain": { target: "stopped" },
        "operator.stop": { target: "stopped" },
      },
    },
    givenUp: {
      description: "The consumer failed too often, or cannot work; an operator may start it again.",
      on: {
        "operator.restart": { target: "starting", actions: "forgetFailures" },
        "operator.drain": { target: "failed" },
        "operator.stop": { target: "failed" },
      },
    },
    halting: {
      description: "The consumer finishes what runs, for an operator who may start it again.",
      entry: "requestDrain",
      on: {
        "operator.drain": { target: "draining" },
        "operator.stop": { target: "stopping" },
        "consumer.ended": afterHalt(),
      },
    },
    halted: {
      description: "The consumer was drained; an operator may start it again.",
      on: {
        "operator.restart": { target: "starting", actions: "forgetFailures" },
        "operator.drain": { target: "stopped" },
        "operator.stop": { target: "stopped" },
      },
    },
    draining: {
      description: "The consumer finishes what runs, commits it, and hands back the rest.",
      entry: "requestDrain",
      on: {
        "operator.stop": { target: "stopping" },
        "consumer.ended": afterStop(),
      },
    },
    stopping: {
      description: "The consumer ends without waiting for its handlers.",
      entry: "requestStop",
      on: { "consumer.ended": afterStop() },
    },
    stopped: { type: "final", description: "Ended as it was asked to." },
    failed: { type: "final", description: "Ended, and its consumer had failed for good." },
  },
});

/** How many failures count, the one that is being told included. */
function failuresWith(event: { readonly atMs: number }, context: SupervisorContext): number {
  const { windowMs, failedAtMs } = context;
  return recentFailures(failedAtMs, { atMs: event.atMs, windowMs }).length;
}

/** What becomes of a consumer that ended by itself. */
function afterEnd(): [
  { guard: "answerIsLate" },
  { guard: "endedInOrder"; target: "#supervisor.stopped" },
  {
    guard: "nameWasTaken";
    target: "#supervisor.starting";
    reenter: true;
    actions: ["rememberFailure", "takeFreeName"];
  },
  { guard: "restartMayHelp"; target: "#supervisor.restarting"; actions: ["rememberFailure"] },
  { target: "#supervisor.givenUp"; actions: ["rememberFailure"] },
] {
  return [
    { guard: "answerIsLate" },
    { guard: "endedInOrder", target: "#supervisor.stopped" },
    {
      guard: "nameWasTaken",
      target: "#supervisor.starting",
      reenter: true, // it may be starting now, and must ask again
      actions: ["rememberFailure", "takeFreeName"],
    },
    { guard: "restartMayHelp", target: "#supervisor.restarting", actions: ["rememberFailure"] },
    { target: "#supervisor.givenUp", actions: ["rememberFailure"] },
  ];
}

/** What becomes of a consumer that ended because it was told to. */
function afterStop(): [
  { guard: "answerIsLate" },
  { guard: "endedInOrder"; target: "#supervisor.stopped" },
  { target: "#supervisor.failed"; actions: ["rememberFailure"] },
] {
  return [
    { guard: "answerIsLate" },
    { guard: "endedInOrder", target: "#supervisor.stopped" },
    { target: "#supervisor.failed", actions: ["rememberFailure"] },
  ];
}

/** What becomes of a consumer that an operator drained: it waits, also when it has failed on its way out. */
function afterHalt(): [
  { guard: "answerIsLate" },
  { target: "#supervisor.halted"; actions: ["rememberFailure"] },
] {
  return [
    { guard: "answerIsLate" },
    { target: "#supervisor.halted", actions: ["rememberFailure"] },
  ];
}
