/**
 * Explores a machine: every situation that any sequence of events can lead to, however long, as long as the situations
 * are finitely many. A test says what a situation is, and may let something be remembered along the way.
 *
 * @module
 */

import {
  type AnyStateMachine,
  type EventFromLogic,
  initialTransition,
  type InputFrom,
  type SnapshotFrom,
  transition,
} from "xstate";

/** What a machine hears, its own events and XState's. */
export interface HeardEvent {
  readonly type: string;
}

/** What to explore, and how. */
export interface ExplorationOptions<Logic extends AnyStateMachine, Memory> {
  /** What the machine is started with. */
  readonly input: InputFrom<Logic>;
  /** What may happen next. */
  readonly events: (snapshot: SnapshotFrom<Logic>, memory: Memory) => readonly HeardEvent[];
  /** Everything by which two snapshots differ in what they will do. */
  readonly situation: (snapshot: SnapshotFrom<Logic>) => unknown;
  /** What is remembered of the way, after the start and after each event; throws where an invariant is broken. */
  readonly remember: (memory: Memory | null, step: Step<Logic>) => Memory;
}

/** One step of the way. */
export interface Step<Logic extends AnyStateMachine> {
  /** What was heard, `null` for the start. */
  readonly event: HeardEvent | null;
  /** The snapshot before, `null` at the start. */
  readonly before: SnapshotFrom<Logic> | null;
  /** The snapshot after. */
  readonly after: SnapshotFrom<Logic>;
  /** The names of the actions that were asked for. */
  readonly asked: readonly string[];
}

/** A situation, and those that can follow. */
export interface Situation<Logic extends AnyStateMachine> {
  /** One snapshot that stands for it. */
  readonly snapshot: SnapshotFrom<Logic>;
  /** The names of the situations that can follow at once. */
  readonly next: Set<string>;
}

/** Explores every situation. @returns them by name. */
export function explore<Logic extends AnyStateMachine, Memory>(
  machine: Logic,
  options: ExplorationOptions<Logic, Memory>,
): Map<string, Situation<Logic>> {
  const found = new Map<string, Situation<Logic>>();
  const open: { readonly name: string; readonly memory: Memory }[] = [];
  const arrive = (step: Step<Logic>, before: Memory | null): string => {
    const memory = options.remember(before, step);
    const name = JSON.stringify([options.situation(step.after), memory]);
    if (!found.has(name)) {
      found.set(name, { snapshot: step.after, next: new Set() });
      open.push({ name, memory });
    }
    return name;
  };
  const [first, started] = initialTransition(machine, options.input);
  arrive({ event: null, before: null, after: first, asked: started.map(nameOf) }, null);
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    const { name, memory } = here;
    const situation = found.get(name);
    if (situation === undefined || hasEnded(situation.snapshot)) continue;
    const { snapshot: before } = situation;
    for (const event of options.events(before, memory)) {
      // XState's own events are not in the type of a machine's events, but it hears them.
      const [after, actions] = transition(machine, before, event as EventFromLogic<Logic>);
      situation.next.add(arrive({ event, before, after, asked: actions.map(nameOf) }, memory));
    }
  }
  return found;
}

/** The situations from which no way leads to a good one. */
export function stuckIn<Logic extends AnyStateMachine>(
  found: Map<string, Situation<Logic>>,
  isGood: (snapshot: SnapshotFrom<Logic>) => boolean,
): string[] {
  const good = new Set(
    [...found].filter(([, { snapshot }]) => isGood(snapshot)).map(([name]) => name),
  );
  for (let grew = true; grew;) {
    grew = false;
    for (const [name, { next }] of found) {
      if (good.has(name) || ![...next].some((there) => good.has(there))) continue;
      good.add(name);
      grew = true;
    }
  }
  return [...found.keys()].filter((name) => !good.has(name));
}

/** The name of a state, with what is inside: `running.healthy`. */
export function stateName(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).map(([name, inner]) => `${name}.${stateName(inner)}`).join();
}

function hasEnded(snapshot: { readonly status?: unknown }): boolean {
  return snapshot.status !== "active";
}

function nameOf(action: { readonly type: string }): string {
  return action.type;
}
