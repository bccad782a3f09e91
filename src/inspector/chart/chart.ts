/**
 * The chart of a machine as plain data: what every drawing is made from, and what a page can look names up in. It is a
 * flat list, because drawings walk it in the order of the definition, and because it can be sent as JSON.
 *
 * @module
 */

/** What kind of state it is: as XState names them. */
export type ChartStateType = "atomic" | "compound" | "parallel" | "final" | "history";

/** Why a transition is taken. */
export type ChartTrigger =
  /** An event that somebody sends. */
  | "event"
  /** Nothing but its guard: as soon as the state is entered and that holds. */
  | "always"
  /** Time in the state. */
  | "after"
  /** A state inside, or an actor, has come to its end. */
  | "done"
  /** An actor has failed. */
  | "error";

/** One state. */
export interface ChartState {
  /** Unique in the machine, such as `consumer.draining.finishing`. */
  readonly id: string;
  /** Its own name, such as `finishing`. */
  readonly key: string;
  /** The id of the state that it is in; `null` for the machine itself. */
  readonly parent: string | null;
  /** What kind of state it is. */
  readonly type: ChartStateType;
  /** What happens there, in a sentence; `null` where nobody said. */
  readonly description: string | null;
  /** Ids of the states that are entered with it; empty for one without states. */
  readonly initial: readonly string[];
  /** Names of what is done on entering. */
  readonly entry: readonly string[];
  /** Names of what is done on leaving. */
  readonly exit: readonly string[];
  /** Ids of the actors that run while it is active. */
  readonly invokes: readonly string[];
}

/** One transition. */
export interface ChartTransition {
  /** Unique in the machine: its source, event and place among those of that event, `consumer.reading/broker.read/1`. */
  readonly id: string;
  /** The id of the state that it belongs to. */
  readonly source: string;
  /** The ids of the states that it leads to; empty for one that stays. Several only into parallel states. */
  readonly targets: readonly string[];
  /** Why it is taken. */
  readonly trigger: ChartTrigger;
  /** The event's type as XState has it, `""` for `always`. */
  readonly event: string;
  /** The event as people say it, such as `broker.read`, `done` or `after 200 ms`; `""` for `always`. */
  readonly label: string;
  /** The name of the fact that it depends on, with its parameters; `null` for none. */
  readonly guard: string | null;
  /** Whether it has no guard of its own, but comes after ones of the same event whose guards did not hold. */
  readonly otherwise: boolean;
  /** Names of what is done on the way. */
  readonly actions: readonly string[];
  /** Whether the state that it starts from is left and entered again. */
  readonly reenter: boolean;
}

/** A machine's chart. The machine itself is the first state. */
export interface Chart {
  /** The machine's id. */
  readonly machine: string;
  /** All states, each one before those inside it. */
  readonly states: readonly ChartState[];
  /** All transitions, in the order in which they are tried. */
  readonly transitions: readonly ChartTransition[];
}

/**
 * The states directly inside one.
 *
 * @param id That state; `null` for what holds the machine itself.
 */
export function childrenOf(chart: Chart, id: string | null): readonly ChartState[] {
  return chart.states.filter(({ parent }) => parent === id);
}

/** The state that is the machine itself. */
export function rootOf(chart: Chart): ChartState | undefined {
  return chart.states.find(({ parent }) => parent === null);
}

/** Whether anything at all happens; answers that come late are often heard and ignored. */
export function changesSomething({ targets, actions }: ChartTransition): boolean {
  return targets.length > 0 || actions.length > 0;
}

/** The ids of a state and of all that it is in, itself first; empty for one that is not there. */
export function pathOf(chart: Chart, id: string): readonly string[] {
  const path: string[] = [];
  let state = chart.states.find((each) => each.id === id);
  while (state !== undefined) {
    path.push(state.id);
    const { parent } = state;
    state = parent === null ? undefined : chart.states.find((each) => each.id === parent);
  }
  return path;
}
