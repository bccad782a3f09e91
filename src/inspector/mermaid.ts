/**
 * A machine as a Mermaid state diagram, made from the machine itself, so that the drawing in the README cannot differ
 * from what runs.
 *
 * @module
 */

/** What is needed of a state: XState's own definition has it. */
export interface ChartState {
  /** Its name. */
  readonly key: string;
  /** Where it begins, for a state that has states. */
  readonly initial?: unknown;
  /** Its states. */
  readonly states: { readonly [key: string]: ChartState };
  /** Its transitions, those without an event included. */
  readonly transitions: Iterable<readonly [string, readonly ChartTransition[]]>;
  /** Its transitions without an event. */
  readonly always?: readonly ChartTransition[] | undefined;
  /** Its kind. */
  readonly type: string;
}

/** What is needed of a transition. */
export interface ChartTransition {
  /** Where it leads, `undefined` for one that stays. */
  readonly target?: readonly ChartState[] | undefined;
  /** The fact that it depends on, by name. */
  readonly guard?: unknown;
}

/** How to draw. */
export interface MermaidOptions {
  /** Events that are left out, such as an operator's, which lead away from every state. */
  readonly without?: (event: string) => boolean;
}

/**
 * Draws the states of a machine's first level and the events that lead from one to another, also those of states
 * inside. What leads away from every state is a note.
 *
 * @param root The machine's root state.
 * @param options What to leave out; default nothing.
 * @returns Text for a `mermaid` block.
 */
export function mermaidOf(root: ChartState, options: MermaidOptions = {}): string {
  const lines = ["stateDiagram-v2"];
  const first = initialKey(root);
  if (first !== undefined) lines.push(`  [*] --> ${first}`);
  for (const state of Object.values(root.states)) {
    for (const [target, events] of edgesOf(withInner(state), root, options)) {
      lines.push(`  ${state.key} --> ${target}: ${events.join(", ")}`);
    }
    if (state.type === "final") lines.push(`  ${state.key} --> [*]`);
  }
  const anywhere = edgesOf([root], root, options);
  for (const [target, events] of anywhere) {
    lines.push(`  note right of ${target}: from any state by ${events.join(", ")}`);
  }
  return lines.join("\n");
}

/** What leads out of a first-level state, by target; all its states are given, itself first. */
function edgesOf(
  states: readonly ChartState[],
  root: ChartState,
  options: MermaidOptions,
): Map<string, string[]> {
  const edges = new Map<string, string[]>();
  const add = (transition: ChartTransition, event: string) => {
    const target = transition.target?.[0];
    if (target === undefined) return;
    const top = topLevelOf(target, root);
    if (top === undefined || top === states[0]?.key) return;
    const events = edges.get(top) ?? [];
    if (!events.includes(event)) events.push(event);
    edges.set(top, events);
  };
  for (const { always, transitions } of states) {
    for (const transition of always ?? []) add(transition, guardOf(transition));
    for (const [event, led] of transitions) {
      if (event === "" || options.without?.(event)) continue;
      for (const transition of led) add(transition, nameOf(event));
    }
  }
  return edges;
}

/** A state and all states inside it. */
function withInner(state: ChartState): ChartState[] {
  return [state, ...Object.values(state.states).flatMap(withInner)];
}

/** What a transition without an event waits for. */
function guardOf({ guard }: ChartTransition): string {
  if (typeof guard === "string") return `[${guard}]`;
  const named = typeof guard === "object" && guard !== null && "type" in guard;
  return named ? `[${guard.type}]` : "at once";
}

/** `xstate.done.state.consumer.draining` is what everybody else calls done. */
function nameOf(event: string): string {
  return event.startsWith("xstate.done.") ? "done" : event;
}

function topLevelOf(target: ChartState, root: ChartState): string | undefined {
  return Object.values(root.states).find((state) => contains(state, target))?.key;
}

function contains(state: ChartState, target: ChartState): boolean {
  return state === target || Object.values(state.states).some((inner) => contains(inner, target));
}

function initialKey(root: ChartState): string | undefined {
  const { initial } = root;
  if (typeof initial !== "object" || initial === null || !("target" in initial)) return undefined;
  const target = initial.target;
  if (!Array.isArray(target)) return undefined;
  const [state] = target;
  return typeof state === "object" && state !== null && "key" in state
    ? String(state.key)
    : undefined;
}
