/**
 * The consumer machine under a test's control: what it hears, and the story of its states and requested effects.
 *
 * @module
 */

import { initialTransition, transition } from "xstate";
import { consumerMachine } from "../../src/consumer/machine.ts";
import type { ConsumerEvent } from "../../src/consumer/machine_events.ts";
import type { Load } from "../../src/workers/load.ts";

export const free: Load = { demand: 10, inFlight: 0, running: 0, settled: 0 };
export const busy: Load = { demand: 5, inFlight: 5, running: 1, settled: 0 };
export const full: Load = { demand: 0, inFlight: 10, running: 1, settled: 0 };
export const settled: Load = { demand: 5, inFlight: 5, running: 0, settled: 5 };
export const commit = { type: "broker.committed", deadLettered: 0, position: "5-0" } as const;
export const input = { stream: "orders", group: "billing", consumer: "main", load: free };

export type Snapshot = ReturnType<typeof start>[0];

/** The snapshot that a machine begins with, and what it asks for. */
export function start(): ReturnType<typeof initialTransition<typeof consumerMachine>> {
  return initialTransition(consumerMachine, input);
}

/** The name of its state, with what is inside. */
export function stateOf(snapshot: Snapshot): string {
  return typeof snapshot.value === "string"
    ? snapshot.value
    : Object.entries(snapshot.value).map(([name, inner]) => `${name}.${inner}`).join();
}

/** The names of states and requested effects along a sequence of events. */
export function story(events: readonly ((request: number) => ConsumerEvent)[]): string[] {
  let [snapshot, actions] = start();
  const told = [line(snapshot, actions)];
  for (const event of events) {
    [snapshot, actions] = transition(consumerMachine, snapshot, event(snapshot.context.request));
    told.push(line(snapshot, actions));
  }
  return told;
}

function line(snapshot: Snapshot, actions: readonly { type: string }[]): string {
  const asked = actions.map((action) => action.type)
    .filter((type) => /^(request|hold|start|hand|abandon)/.test(type));
  return [stateOf(snapshot), ...asked].join(" ");
}

export const joined = (request: number): ConsumerEvent => ({
  type: "broker.joined",
  request,
  epoch: 1,
  rows: ["V1"],
});
export const established = (request: number): ConsumerEvent => ({
  type: "broker.established",
  request,
  position: "0-0",
});
export const ownDrained = (request: number): ConsumerEvent => ({
  type: "broker.read",
  request,
  count: 0,
  span: null,
  ownPendingDrained: true,
  load: free,
});
export const nothingToClaim = (request: number): ConsumerEvent => ({
  type: "broker.claimed",
  request,
  count: 0,
  span: null,
  next: null,
  load: free,
});
export const batch = (request: number): ConsumerEvent => ({
  type: "broker.read",
  request,
  count: 5,
  span: { firstId: "1-0", lastId: "5-0" },
  ownPendingDrained: true,
  load: free,
});
export const allSettled = (): ConsumerEvent => ({ type: "pool.settled", load: settled });
export const committed = (request: number): ConsumerEvent => ({
  ...commit,
  request,
  count: 5,
  fenced: 0,
  load: free,
});
export const saved = (request: number): ConsumerEvent => ({
  type: "store.saved",
  request,
  load: free,
});
/** A failed call. */
export function failedWith(
  recovery: "retry" | "unknown" | "rejoin" | "fatal",
): (request: number) => ConsumerEvent {
  return (request) => ({
    type: "broker.failed",
    request,
    recovery,
    code: "X",
    message: "x",
    load: settled,
  });
}

export const elapsed = (request: number): ConsumerEvent => ({ type: "clock.elapsed", request });
