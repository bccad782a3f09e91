/**
 * The life of a service, as a chart: its consumers are started, watched, and ended together. Its guarantee: what
 * happens to one consumer changes nothing for the others, unless it was configured so; and the service ends only when
 * every consumer has let go of everything.
 *
 * @module
 */

import { assign, enqueueActions, setup, stopChild } from "xstate";
import { type SpawnChild, startChildOf } from "./hosting.ts";
import type {
  Member,
  OrchestratorContext,
  OrchestratorEvent,
  OrchestratorInput,
} from "./orchestrator_events.ts";

const asked = () => {};

const vocabulary = setup({
  types: {
    context: {} as OrchestratorContext,
    events: {} as OrchestratorEvent,
    input: {} as OrchestratorInput,
  },
  guards: {
    allHaveBegun: ({ context }) =>
      isComplete(context) &&
      membersOf(context).every(({ state }) => state !== "starting" && state !== "restarting"),
    endIsDue: ({ context }) =>
      isComplete(context) &&
      (membersOf(context).every(({ state }) => isOver(state)) ||
        (context.endsOnFailure && membersOf(context).some(({ state }) => hasFailed(state)))),
    allHaveEnded: ({ context }) =>
      isComplete(context) && membersOf(context).every(({ state }) => hasEnded(state)),
    allHaveStopped: ({ context }) =>
      isComplete(context) && membersOf(context).every(({ state }) => state === "stopped"),
    levelIsPressured: ({ context }) => context.level === "pressured",
    levelIsSaturated: ({ context }) => context.level === "saturated",
    levelIsOk: ({ context }) => context.level === "ok",
  },
  actions: {
    rememberMember: assign(({ context, event }) =>
      event.type === "supervisor.changed"
        ? { members: { ...context.members, [event.id]: event.member } }
        : {}
    ),
    rememberBrokenSupervisor: assign(({ context, event }) => {
      const id = brokenActorOf(event);
      const member = id === null ? undefined : context.members[id];
      if (id === null || member === undefined) return {};
      return { members: { ...context.members, [id]: { ...member, state: "failed" as const } } };
    }),
    rememberLevel: assign(({ event }) =>
      event.type === "monitor.changed" ? { level: event.level } : {}
    ),
    startChild: enqueueActions(({ enqueue, event }) => {
      startChildOf(event, enqueue.spawnChild as SpawnChild);
    }),
    endChild: stopChild(({ event }) => (event.type === "host.end" ? event.id : "")),
    requestStart: asked,
    requestDrain: asked,
    requestStop: asked,
  },
});

/** The chart. `orchestrator.ts` provides the `request…` actions. */
export const orchestratorMachine = vocabulary.createMachine({
  id: "orchestrator",
  description: "Runs the consumers of a service, and watches their backpressure.",
  context: ({ input }) => ({ ...input, members: {}, level: "ok" }),
  options: { maxIterations: 100 },
  initial: "starting",
  on: {
    "host.start": { actions: "startChild" },
    "host.end": { actions: "endChild" },
    "supervisor.changed": { actions: "rememberMember" },
    "monitor.changed": { actions: "rememberLevel" },
    // A supervisor that threw: it counts as one that ended. Unheard, its error would end all the others.
    "xstate.error.actor.*": { actions: "rememberBrokenSupervisor" },
  },
  states: {
    starting: {
      description: "Starts every consumer and waits until each of them reads or was given up.",
      entry: "requestStart",
      always: [
        { guard: "endIsDue", target: "draining" },
        { guard: "allHaveBegun", target: "running" },
      ],
      on: {
        "operator.drain": { target: "draining" },
        "operator.stop": { target: "stopping" },
      },
    },
    running: {
      description: "The consumers work.",
      initial: "healthy",
      always: { guard: "endIsDue", target: "draining" },
      on: {
        "operator.drain": { target: "draining" },
        "operator.stop": { target: "stopping" },
      },
      states: {
        healthy: {
          description: "Every group keeps up with its stream.",
          always: [
            { guard: "levelIsSaturated", target: "saturated" },
            { guard: "levelIsPressured", target: "pressured" },
          ],
        },
        pressured: {
          description: "A group falls behind: it has used a share of a configured bound.",
          always: [
            { guard: "levelIsSaturated", target: "saturated" },
            { guard: "levelIsOk", target: "healthy" },
          ],
        },
        saturated: {
          description: "A group is behind by more than a configured bound.",
          always: [
            { guard: "levelIsPressured", target: "pressured" },
            { guard: "levelIsOk", target: "healthy" },
          ],
        },
      },
    },
    draining: {
      description: "The consumers finish what runs, commit it, and hand back the rest.",
      entry: "requestDrain",
      always: [
        { guard: "allHaveStopped", target: "stopped" },
        { guard: "allHaveEnded", target: "failed" },
      ],
      on: { "operator.stop": { target: "stopping" } },
    },
    stopping: {
      description: "The consumers end without waiting for their handlers.",
      entry: "requestStop",
      always: [
        { guard: "allHaveStopped", target: "stopped" },
        { guard: "allHaveEnded", target: "failed" },
      ],
    },
    stopped: { type: "final", description: "Ended as it was asked to." },
    failed: { type: "final", description: "Ended, and at least one consumer had failed." },
  },
});

function membersOf(context: OrchestratorContext): Member[] {
  return Object.values(context.members);
}

/** Every consumer has told of itself. */
function isComplete(context: OrchestratorContext): boolean {
  return membersOf(context).length >= context.consumerCount;
}

function hasEnded(state: Member["state"]): boolean {
  return state === "stopped" || state === "failed";
}

function hasFailed(state: Member["state"]): boolean {
  return state === "failed" || state === "givenUp";
}

/** It works no more, and will not by itself. */
function isOver(state: Member["state"]): boolean {
  return hasEnded(state) || state === "givenUp";
}

/** Which actor an error event of XState is about. */
function brokenActorOf(event: { readonly type: string }): string | null {
  return "actorId" in event && typeof event.actorId === "string" ? event.actorId : null;
}
