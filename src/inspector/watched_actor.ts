/**
 * What a recorder knows of one living actor. It holds the actor only while that lives: the frames that stay behind hold
 * nothing of it.
 *
 * @module
 */

import { memberOf, scalarOf, shownState, shownText, stateOf } from "./capture.ts";
import { type ContextColumns, ContextEye, noChanges } from "./context_eye.ts";
import type { LogicFacts } from "./definitions.ts";
import type { ActorState, Place, StateValue } from "./format.ts";
import { isSameState } from "./fleet.ts";
import type { RawTransition } from "./raw_frame.ts";

/** What may be seen of a machine, prepared. */
export interface PreparedView {
  /** The columns of its context. */
  readonly columns: ContextColumns;
  /** What is shown of its events, by type. */
  readonly events: ReadonlyMap<string, readonly string[]>;
}

/** What a watched actor is made of. */
export interface WatchedParts {
  /** XState's actor. */
  readonly actor: unknown;
  /** Its id for readers. */
  readonly id: string;
  /** Its parent, if that is watched too. */
  readonly parent: WatchedActor | null;
  /** What is known of its logic. */
  readonly logic: LogicFacts;
  /** What may be seen of it. */
  readonly view: PreparedView;
  /** When it started, in ms since 1970. */
  readonly atMs: number;
}

/** One living actor. */
export class WatchedActor {
  /** XState's actor. */
  readonly actor: unknown;
  /** The system that it belongs to, as an object to compare. */
  readonly system: unknown;
  /** Its id for readers. */
  readonly id: string;
  /** What may be seen of it. */
  readonly view: PreparedView;
  /** Its context. */
  readonly eye: ContextEye;
  /** Its state as it was last. */
  state: StateValue = "";
  /** Since when, in ms since 1970. */
  sinceMs: number;
  /** How many steps the present event has led to. */
  steps = 0;
  /** The last of them. */
  last: RawTransition | null = null;
  /** Ends what the recorder asked of the actor. */
  release: () => void = () => {};
  readonly #facts: Omit<ActorState, "sinceMs" | "state" | "context">;

  /** Looks at it for the first time. */
  constructor({ actor, id, parent, logic, view, atMs }: WatchedParts) {
    this.actor = actor;
    this.system = memberOf(actor, "system");
    this.id = id;
    this.view = view;
    this.eye = new ContextEye(view.columns);
    this.sinceMs = atMs;
    const snapshot = snapshotOf(actor);
    this.state = stateOf(memberOf(snapshot, "value"));
    this.eye.look(memberOf(snapshot, "context"), noChanges());
    const systemId = memberOf(actor, "systemId");
    this.#facts = {
      id,
      name: shownText(String(scalarOf(memberOf(actor, "id")))),
      systemId: typeof systemId === "string" ? shownText(String(scalarOf(systemId))) : null,
      machine: shownText(String(scalarOf(logic.machine))),
      definition: logic.definition,
      parent: parent?.id ?? null,
      place: this.#place() ?? parent?.place ?? null,
      startedAtMs: atMs,
    };
  }

  /** What it works for. */
  get place(): Place | null {
    return this.#facts.place;
  }

  /** Goes on to a state. The present one is kept where it is the same: then nothing but a name was compared. */
  moveTo(value: unknown, atMs: number): StateValue {
    if (value === this.state) return this.state;
    const state = stateOf(value);
    if (typeof state !== "string" && isSameState(state, this.state)) return this.state;
    this.state = state;
    this.sinceMs = atMs;
    return state;
  }

  /** It as it is now, fit to leave the process. */
  toState(): ActorState {
    const { sinceMs } = this;
    const context = this.eye.values();
    return { ...this.#facts, sinceMs, state: shownState(this.state), context };
  }

  #place(): Place | null {
    const { stream, group, consumer } = this.eye.values();
    if (typeof stream !== "string") return null;
    const textOr = (value: unknown) => typeof value === "string" ? value : null;
    return { stream, group: textOr(group), consumer: textOr(consumer) };
  }
}

/** An actor's snapshot, `undefined` while it has none. Never throws. */
export function snapshotOf(actor: unknown): unknown {
  const read = memberOf(actor, "getSnapshot");
  try {
    return typeof read === "function" ? Reflect.apply(read, actor, []) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether an actor lives. Never throws. */
export function isActive(actor: unknown): boolean {
  return memberOf(snapshotOf(actor), "status") === "active";
}
