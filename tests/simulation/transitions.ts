/**
 * Which transitions of the machines are taken: all that the charts have, and those that a simulation has taken.
 *
 * @module
 */

import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import { consumerMachine } from "../../src/consumer/machine.ts";
import { orchestratorMachine } from "../../src/orchestrator/machine.ts";
import { supervisorMachine } from "../../src/orchestrator/supervisor_machine.ts";
import { workerMachine } from "../../src/workers/worker_machine.ts";

const MACHINES: readonly AnyStateMachine[] = [
  consumerMachine,
  orchestratorMachine,
  supervisorMachine,
  workerMachine,
];

/** The names of all transitions of all charts, in text order. */
export function allTransitions(): string[] {
  return [...new Set(MACHINES.flatMap((machine) => transitionsOf(machine.root)))].sort();
}

/** The names of the transitions that an event of XState's `inspect` tells of; empty for any other event. */
export function takenIn(event: unknown): string[] {
  if (typeof event !== "object" || event === null || !("_transitions" in event)) return [];
  const { _transitions: transitions } = event;
  return Array.isArray(transitions) ? transitions.filter(isTransition).map(nameOf) : [];
}

function transitionsOf(node: AnyStateNode): string[] {
  const own = [...node.transitions.values()].flat();
  const children: AnyStateNode[] = Object.values(node.states);
  return [...[...own, ...node.always ?? []].map(nameOf), ...children.flatMap(transitionsOf)];
}

/** Its source, the event, its place among those of the event, and where it leads. */
function nameOf(transition: AnyTransitionDefinition): string {
  const { source, eventType, target } = transition;
  const rivals = eventType === "" ? source.always ?? [] : source.transitions.get(eventType) ?? [];
  const place = rivals.length > 1 ? ` #${rivals.indexOf(transition) + 1}` : "";
  const to = target === undefined ? "itself" : target.map(({ id }) => id).join(", ");
  return `${source.id} on ${eventType || "always"}${place} to ${to}`;
}

function isTransition(value: unknown): value is AnyTransitionDefinition {
  return typeof value === "object" && value !== null && "source" in value && "eventType" in value;
}
