/**
 * From a state as XState says it to the states of the chart that are active, and what the machine would hear there.
 *
 * @module
 */

import {
  changesSomething,
  type Chart,
  type ChartTransition,
  childrenOf,
  rootOf,
} from "../chart/chart.ts";
import type { StateValue } from "../format.ts";

/** The ids of all states that are active, the machine itself first; those that the chart does not have are left out. */
export function activeStates(chart: Chart, value: StateValue): string[] {
  const root = rootOf(chart);
  if (root === undefined) return [];
  return [root.id, ...inside(chart, root.id, value)];
}

/** The ids of the innermost states that are active. */
export function leafStates(chart: Chart, value: StateValue): string[] {
  const active = activeStates(chart, value);
  const parents = new Set(
    chart.states.flatMap(({ id, parent }) =>
      active.includes(id) && parent !== null ? [parent] : []
    ),
  );
  return active.filter((id) => !parents.has(id));
}

/** An event that the machine hears in a state. */
export interface AcceptedEvent {
  /** In words. */
  readonly event: string;
  /** What it would do, in the order in which they are tried. */
  readonly transitions: readonly ChartTransition[];
}

/** The events that the machine would hear now, those of the innermost states first; what changes nothing is left out. */
export function acceptedEvents(chart: Chart, value: StateValue): AcceptedEvent[] {
  const byEvent = new Map<string, ChartTransition[]>();
  for (const source of activeStates(chart, value).reverse()) {
    for (const transition of chart.transitions) {
      const { event, label } = transition;
      if (transition.source !== source || event === "" || !changesSomething(transition)) continue;
      const known = byEvent.get(label);
      if (known === undefined) byEvent.set(label, [transition]);
      else known.push(transition);
    }
  }
  return Array.from(byEvent, ([event, transitions]) => ({ event, transitions }));
}

function inside(chart: Chart, parent: string, value: StateValue): string[] {
  const children = childrenOf(chart, parent);
  const named = typeof value === "string" ? [[value, ""] as const] : Object.entries(value);
  return named.flatMap(([key, inner]) => {
    const state = children.find((child) => child.key === key);
    if (state === undefined) return [];
    return inner === "" ? [state.id] : [state.id, ...inside(chart, state.id, inner)];
  });
}
