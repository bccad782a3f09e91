/**
 * Reads the chart of a machine out of its definition. Nothing is run: guards and actions are taken by their names only.
 *
 * @module
 */

import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import type { Chart, ChartState, ChartTransition } from "./chart.ts";
import { eventWords } from "./event_words.ts";
import { nameOf } from "./given_names.ts";

/**
 * Reads a machine's chart.
 *
 * @param machine Any machine of XState 5; it is not started.
 * @returns Its states and transitions, in the order of the definition: the same for the same definition.
 */
export function chartOf(machine: AnyStateMachine): Chart {
  const nodes = withInner(machine.root);
  return {
    machine: machine.id,
    states: nodes.map(stateOf),
    transitions: nodes.flatMap(transitionsOf),
  };
}

function withInner(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((each) => withInner(each))];
}

function stateOf(node: AnyStateNode): ChartState {
  return {
    id: node.id,
    key: node.key,
    parent: node.parent?.id ?? null,
    type: node.type,
    description: node.description ?? null,
    initial: initialOf(node),
    entry: node.entry.filter(isWritten).map((action) => nameOf(action)),
    exit: node.exit.filter(isWritten).map((action) => nameOf(action)),
    invokes: node.invoke.map(({ id }) => id),
  };
}

function initialOf(node: AnyStateNode): readonly string[] {
  if (node.type === "parallel") {
    return Object.values(node.states).filter(({ type }) => type !== "history").map(({ id }) => id);
  }
  return node.type === "compound" ? node.initial.target.map(({ id }) => id) : [];
}

/** XState itself adds one action to start, and one to end, the clock of each `after`. */
function isWritten(action: unknown): boolean {
  if (typeof action !== "function") return true;
  const id = "id" in action ? action.id : "sendId" in action ? action.sendId : undefined;
  return typeof id !== "string" || !id.startsWith("xstate.after.");
}

function transitionsOf(node: AnyStateNode): ChartTransition[] {
  const byEvent: [string, readonly AnyTransitionDefinition[]][] = [
    ["", node.always ?? []],
    ...node.transitions,
  ];
  return byEvent.flatMap(([event, definitions]) =>
    definitions.map((definition, index): ChartTransition => ({
      id: `${node.id}/${event}/${index}`,
      source: node.id,
      targets: (definition.target ?? []).map(({ id }) => id),
      ...eventWords(event, node.id),
      event,
      guard: definition.guard === undefined ? null : nameOf(definition.guard),
      otherwise: definition.guard === undefined &&
        definitions.slice(0, index).some(({ target, actions }) =>
          target !== undefined || actions.length > 0
        ),
      actions: definition.actions.map((action) => nameOf(action)),
      reenter: definition.reenter,
    }))
  );
}
