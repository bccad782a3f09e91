/**
 * The life of a worker, as a chart for whoever looks on. It decides nothing: the crew knows who is free, and tells this
 * machine of work that lasts and of threads that broke (`roll_call.ts` says when). So what an inspector shows is a few
 * moments old at most, and an event that comes late or twice changes nothing.
 *
 * @module
 */

import { assign, setup } from "xstate";
import type { EntryId } from "../domain/entry_id.ts";

/** What the machine remembers. No payloads. */
export interface WorkerContext {
  /** What it is called in its crew, such as `worker-1`. */
  readonly name: string;
  /** The entry that it works on, `null` for none. */
  readonly entryId: EntryId | null;
  /** Since when it works on that entry, or is in its state, in ms since 1970. */
  readonly sinceMs: number;
  /** How many attempts it had brought to an end, well or not, when it was last told. */
  readonly attemptCount: number;
  /** How often its thread broke. */
  readonly lossCount: number;
  /** Why its thread broke last, `null` when it never did. */
  readonly lossReason: string | null;
}

/** What the machine hears. */
export type WorkerEvent =
  | { type: "pool.assigned"; id: EntryId; atMs: number; attemptCount: number }
  | { type: "pool.dismissed"; atMs: number; attemptCount: number }
  | { type: "handler.settled"; atMs: number; attemptCount: number }
  | { type: "thread.starting"; atMs: number }
  | { type: "thread.lost"; reason: string; atMs: number }
  | { type: "thread.ready"; atMs: number };

/** What a machine is started with. */
export interface WorkerInput {
  /** What it is called in its crew. */
  readonly name: string;
  /** When it was hired, in ms since 1970. */
  readonly atMs: number;
}

const vocabulary = setup({
  types: {
    context: {} as WorkerContext,
    events: {} as WorkerEvent,
    input: {} as WorkerInput,
  },
  actions: {
    rememberEntry: assign(({ event }) =>
      event.type === "pool.assigned" ? { entryId: event.id } : {}
    ),
    forgetEntry: assign({ entryId: null }),
    rememberTime: assign(({ event }) => ({ sinceMs: event.atMs })),
    rememberCount: assign(({ event }) =>
      "attemptCount" in event ? { attemptCount: event.attemptCount } : {}
    ),
    countLoss: assign(({ context, event }) =>
      event.type === "thread.lost"
        ? { lossCount: context.lossCount + 1, lossReason: event.reason }
        : {}
    ),
  },
});

/** The chart. */
export const workerMachine = vocabulary.createMachine({
  id: "worker",
  description: "One slot that runs a handler, from the day it is hired until it is dismissed.",
  context: ({ input }) => ({
    name: input.name,
    entryId: null,
    sinceMs: input.atMs,
    attemptCount: 0,
    lossCount: 0,
    lossReason: null,
  }),
  options: { maxIterations: 100 },
  initial: "idle",
  on: {
    "pool.dismissed": {
      target: ".stopped",
      actions: ["rememberTime", "rememberCount", "forgetEntry"],
    },
  },
  states: {
    idle: {
      description: "Waits for an entry; work that never waits is not worth a word.",
      on: {
        "pool.assigned": {
          target: "busy",
          actions: ["rememberEntry", "rememberTime", "rememberCount"],
        },
        "thread.starting": { target: "restarting", actions: "rememberTime" },
        "thread.lost": { target: "restarting", actions: ["countLoss", "rememberTime"] },
      },
    },
    busy: {
      description: "Runs a handler on an entry, and goes on with the next one that is ready.",
      on: {
        "pool.assigned": { actions: ["rememberEntry", "rememberTime", "rememberCount"] },
        "handler.settled": {
          target: "idle",
          actions: ["rememberTime", "rememberCount", "forgetEntry"],
        },
        "thread.starting": { target: "restarting", actions: ["rememberTime", "forgetEntry"] },
        "thread.lost": {
          target: "restarting",
          actions: ["countLoss", "rememberTime", "forgetEntry"],
        },
      },
    },
    restarting: {
      description:
        "Has no thread to work with: it starts, it broke, or it has yet to let go of a handler.",
      on: {
        "thread.lost": { actions: ["countLoss", "rememberTime"] },
        "thread.ready": { target: "idle", actions: "rememberTime" },
      },
    },
    stopped: {
      type: "final",
      description: "Dismissed: too many were idle, or the consumer ended.",
    },
  },
});
