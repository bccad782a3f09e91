/**
 * A chart at a glance: only the states directly inside the machine, and what leads from one to another. The whole chart
 * of a machine with a hundred transitions is for who works on it; this is for who wants to know what it is about.
 *
 * @module
 */

import { type Chart, type ChartState, type ChartTransition, pathOf, rootOf } from "./chart.ts";

/**
 * Reduces a chart to its first level. What happens inside of one of its states is left out, what leads out of it starts
 * at that state; of guards only those of transitions without an event stay, because they are all that these wait for.
 *
 * @returns A chart as well, with every kind of transition once.
 */
export function overviewOf(chart: Chart): Chart {
  const root = rootOf(chart);
  if (root === undefined) return chart;
  const firstLevel = (id: string) => pathOf(chart, id).at(-2) ?? root.id;
  const lifted = chart.transitions.flatMap((transition): ChartTransition[] => {
    const source = firstLevel(transition.source);
    const targets = [...new Set(transition.targets.map(firstLevel))].filter((id) => id !== source);
    if (targets.length === 0) return [];
    const guard = transition.trigger === "always" ? transition.guard : null;
    return [{
      ...transition,
      source,
      targets,
      guard,
      otherwise: false,
      actions: [],
      reenter: false,
    }];
  });
  return {
    machine: chart.machine,
    states: chart.states.filter(({ parent }) => parent === null || parent === root.id)
      .map((state) => state === root ? withFirstLevel(state, firstLevel) : leaf(state)),
    transitions: [...Map.groupBy(lifted, kindOf).values()].flatMap((same) => same.slice(0, 1)),
  };
}

/**
 * Leaves events out, such as a failure that leads away from every state.
 *
 * @param events Their types, as XState has them.
 */
export function withoutEvents(chart: Chart, events: readonly string[]): Chart {
  return {
    ...chart,
    transitions: chart.transitions.filter(({ event }) => !events.includes(event)),
  };
}

function withFirstLevel(root: ChartState, firstLevel: (id: string) => string): ChartState {
  return { ...root, initial: root.initial.map(firstLevel) };
}

function leaf(state: ChartState): ChartState {
  const holdsStates = state.type === "compound" || state.type === "parallel";
  return { ...state, type: holdsStates ? "atomic" : state.type, initial: [] };
}

function kindOf({ source, targets, label, guard }: ChartTransition): string {
  return JSON.stringify([source, targets, label, guard]);
}
