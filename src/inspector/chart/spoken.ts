/**
 * Boxes and lines in a sentence, for who hears a chart instead of seeing it, and for who points at a part of it.
 *
 * @module
 */

import type { Chart, ChartState } from "./chart.ts";
import type { LayoutEdge } from "./chart_layout.ts";
import { transitionText } from "./transition_text.ts";

/** A state, line by line: its name, what happens there, and what is done on the way in and out. */
export function stateWords(state: ChartState): string[] {
  const { key, type, description, entry, exit, invokes } = state;
  return [
    type === "final" ? `${key}, an end` : key,
    ...description === null ? [] : [description],
    ...entry.length === 0 ? [] : [`On entering: ${entry.join(", ")}`],
    ...exit.length === 0 ? [] : [`On leaving: ${exit.join(", ")}`],
    ...invokes.length === 0 ? [] : [`Runs meanwhile: ${invokes.join(", ")}`],
  ];
}

/** A row, line by line: from where to where, and for each of its transitions when it is taken and what it does. */
export function edgeWords(chart: Chart, edge: LayoutEdge): string[] {
  const keyOf = (id: string) => chart.states.find((state) => state.id === id)?.key ?? id;
  const targets = edge.targets.map(keyOf).join(" and ");
  if (edge.kind === "initial") return [`${keyOf(edge.source)} begins in ${targets}`];
  const own = chart.transitions.filter(({ source }) => source === edge.source);
  const shown = new Set(edge.labels.map(({ transition }) => transition));
  const lines = own.filter(({ id }) => shown.has(id)).map((transition) => {
    const does = transition.actions.length === 0 ? "" : ` / ${transition.actions.join(", ")}`;
    return `${transitionText(transition)}${does}`;
  });
  const where = {
    leads: `${keyOf(edge.source)} to ${targets}`,
    reenters: `${keyOf(edge.source)}, entered again`,
    stays: `${keyOf(edge.source)} stays`,
  };
  return [where[edge.kind], ...lines];
}
