/**
 * A chart as a Mermaid state diagram, which Git hosts draw in a page of text: made from the machine itself, so that the
 * drawing in the README cannot differ from what runs.
 *
 * @module
 */

import { type Chart, type ChartState, childrenOf, pathOf, rootOf } from "./chart.ts";
import { mermaidNames, mermaidText } from "./mermaid_text.ts";
import { transitionText } from "./transition_text.ts";

/** All transitions from one state to another. */
interface Arrow {
  /** The state that they start from. */
  readonly from: string;
  /** The state that they lead to. */
  readonly to: string;
  /** When they are taken. */
  readonly labels: readonly string[];
}

/**
 * Draws a chart. Mermaid has no arrow between a state and one inside it, so these are notes; what leads to no other
 * state and does not enter its own one again is left out.
 *
 * @returns Text for a `mermaid` block, without a line end. Whatever the names in the machine are, they are only names.
 */
export function mermaidOf(chart: Chart): string {
  const root = rootOf(chart);
  if (root === undefined) return "stateDiagram-v2";
  const diagram = new Diagram(chart);
  return ["stateDiagram-v2", ...diagram.block(root, "  "), ...diagram.notes(root)].join("\n");
}

class Diagram {
  readonly #chart: Chart;
  readonly #names: ReadonlyMap<string, string>;
  readonly #arrows: readonly Arrow[];

  constructor(chart: Chart) {
    this.#chart = chart;
    this.#names = mermaidNames(chart);
    this.#arrows = arrowsOf(chart);
  }

  /** What stands in the block of a state: each state inside, followed by the arrows that lead out of it. */
  block(state: ChartState, indent: string): string[] {
    const begin = state.type === "compound" ? state.initial : [];
    return [
      ...begin.map((id) => `${indent}[*] --> ${this.#nameOf(id)}`),
      ...childrenOf(this.#chart, state.id).flatMap((child) => [
        // How Mermaid is told of states that are active side by side.
        ...state.type === "parallel" && state.initial.indexOf(child.id) > 0 ? [`${indent}--`] : [],
        ...this.#declaration(child, indent),
        ...this.#arrowsFrom(child, state).map((line) => `${indent}${line}`),
      ]),
    ];
  }

  /** What cannot be an arrow. */
  notes(root: ChartState): string[] {
    return this.#arrows.filter((arrow) => this.#isNote(arrow)).map(({ from, to, labels }) => {
      const when = labels.map(mermaidText).join(", ");
      const isOutward = pathOf(this.#chart, from).includes(to) && from !== to;
      if (isOutward) {
        return `  note right of ${this.#nameOf(from)}: to ${this.#titleOf(to)} by ${when}`;
      }
      const where = from === root.id ? "any state" : `any state of ${this.#titleOf(from)}`;
      return `  note right of ${this.#nameOf(to)}: from ${where} by ${when}`;
    });
  }

  /** Only where there is more to say than its name, or nothing else names it. */
  #declaration(state: ChartState, indent: string): string[] {
    const name = this.#nameOf(state.id);
    const title = name === state.key ? name : `"${mermaidText(state.key)}" as ${name}`;
    if (childrenOf(this.#chart, state.id).length > 0) {
      return [`${indent}state ${title} {`, ...this.block(state, `${indent}  `), `${indent}}`];
    }
    const isNamed = name === state.key &&
      this.#arrows.some((arrow) =>
        (arrow.from === state.id || arrow.to === state.id) && this.#blockOf(arrow) === state.parent
      );
    const parent = this.#chart.states.find(({ id }) => id === state.parent);
    const isFirst = parent?.type === "compound" && parent.initial.includes(state.id);
    if (name === state.key && (isNamed || isFirst || state.type === "final")) return [];
    return [`${indent}${name === state.key ? name : `state ${title}`}`];
  }

  #arrowsFrom(child: ChartState, block: ChartState): string[] {
    const arrows = this.#arrows.filter((arrow) =>
      this.#blockOf(arrow) === block.id && pathOf(this.#chart, arrow.from).includes(child.id)
    );
    return [
      ...arrows.map(({ from, to, labels }) =>
        `${this.#nameOf(from)} --> ${this.#nameOf(to)}: ${labels.map(mermaidText).join(", ")}`
      ),
      ...child.type === "final" ? [`${this.#nameOf(child.id)} --> [*]`] : [],
    ];
  }

  /** The innermost state that holds both ends; `null` for what is a note. */
  #blockOf(arrow: Arrow): string | null {
    if (this.#isNote(arrow)) return null;
    const [, ...around] = pathOf(this.#chart, arrow.from);
    const [, ...aroundTarget] = pathOf(this.#chart, arrow.to);
    return around.find((id) => aroundTarget.includes(id)) ?? null;
  }

  /** Whether one end is inside the other one, or a state with states inside is entered again. */
  #isNote({ from, to }: Arrow): boolean {
    if (from === to) return childrenOf(this.#chart, from).length > 0;
    return pathOf(this.#chart, from).includes(to) || pathOf(this.#chart, to).includes(from);
  }

  #nameOf(id: string): string {
    return this.#names.get(id) ?? "";
  }

  #titleOf(id: string): string {
    return mermaidText(this.#chart.states.find((state) => state.id === id)?.key ?? id);
  }
}

/** Transitions by where they start and lead to, in the order of the definition. */
function arrowsOf(chart: Chart): Arrow[] {
  const pairs = chart.transitions.flatMap((transition) =>
    transition.targets.map((to) => ({
      from: transition.source,
      to,
      label: transitionText(transition),
    }))
  );
  const groups = Map.groupBy(pairs, ({ from, to }) => JSON.stringify([from, to]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const labels = [...new Set(group.map(({ label }) => label))];
    return [{ from: first.from, to: first.to, labels }];
  });
}
