/**
 * What a recorder knows of one living actor. It holds the actor only while that lives: the frames that stay behind hold
 * nothing of it.
 *
 * @module
 */

import type { AnyTransitionDefinition } from "xstate";
import { memberOf, scalarOf, shownState, shownText, stateOf } from "./capture.ts";
import type { Definitions, LogicFacts } from "./definitions.ts";
import type { ActorState, Place, StateValue } from "./format.ts";
import { isSameState } from "./fleet.ts";
import type { PreparedView } from "./prepared_view.ts";
import type { RawTransition, Subject } from "./raw_frame.ts";

/** How XState marks an actor that was made and not started. */
const NOT_STARTED = 0;

/** A working machine takes five or six transitions again and again; going over more would take longer than a map. */
const EDGES_MAX = 16;

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
  /** What it works for, where neither it nor its parent says so. */
  readonly place: Place | null;
}

/** One living actor. */
export class WatchedActor {
  /** XState's actor. */
  readonly actor: unknown;
  /** The system that it belongs to, as an object to compare. */
  readonly system: unknown;
  /** What its frames know of it. */
  readonly subject: Subject;
  /** Its state as it was last. */
  state: StateValue = "";
  /** Since when, in ms since 1970. */
  sinceMs: number;
  /** How many steps the present event has led to. */
  steps = 0;
  /** The last of them. */
  last: RawTransition | null = null;
  /** Whether actors send it events; then it is worth asking who did. */
  hearsActors = false;
  /** Ends what the recorder asked of the actor. */
  release: () => void = () => {};
  /** Its context as it was last, and what is kept of it: the same, or a row of what it shows. */
  #context: unknown = undefined;
  #kept: unknown = null;
  /** Its transitions and their ids, those that were met first. */
  readonly #edges: AnyTransitionDefinition[] = [];
  readonly #edgeIds: string[] = [];
  /** How often each of them was taken, and each of the others by its id. */
  readonly #edgeCounts: number[] = [];
  readonly #otherCounts = new Map<string, number>();
  readonly #facts: Omit<ActorState, "sinceMs" | "state" | "context">;

  /** Looks at it for the first time. */
  constructor({ actor, id, parent, logic, view, atMs, place }: WatchedParts) {
    this.actor = actor;
    this.system = memberOf(actor, "system");
    this.subject = { id, view };
    this.sinceMs = atMs;
    const snapshot = snapshotOf(actor);
    this.state = stateOf(memberOf(snapshot, "value"));
    this.look(memberOf(snapshot, "context"));
    const systemId = memberOf(actor, "systemId");
    this.#facts = {
      id,
      name: shownText(String(scalarOf(memberOf(actor, "id")))),
      systemId: typeof systemId === "string" ? shownText(String(scalarOf(systemId))) : null,
      machine: shownText(String(scalarOf(logic.machine))),
      definition: logic.definition,
      parent: parent?.id ?? null,
      place: this.#place() ?? parent?.place ?? place,
      startedAtMs: atMs,
    };
  }

  /** What it works for. */
  get place(): Place | null {
    return this.#facts.place;
  }

  /** Its id for readers. */
  get id(): string {
    return this.subject.id;
  }

  /** What is kept of its context as it was last. */
  get kept(): unknown {
    return this.#kept;
  }

  /** Looks at its context. @returns what is kept of it. Never throws. */
  look(context: unknown): unknown {
    if (context === this.#context) return this.#kept;
    this.#context = context;
    const { isSlight, columns } = this.subject.view;
    this.#kept = isSlight(context) ? context : columns.rowOf(context);
    return this.#kept;
  }

  /** Counts a transition that was taken. The few that are taken again and again are found faster than in any map. @returns its id. */
  takeEdge(transition: AnyTransitionDefinition, definitions: Definitions): string {
    const index = this.#edges.indexOf(transition);
    const known = index < 0 ? undefined : this.#edgeIds[index];
    if (known !== undefined) {
      this.#edgeCounts[index] = (this.#edgeCounts[index] ?? 0) + 1;
      return known;
    }
    const id = definitions.edgeOf(transition);
    if (this.#edges.length < EDGES_MAX) {
      this.#edges.push(transition);
      this.#edgeIds.push(id);
      this.#edgeCounts.push(1);
    } else this.#otherCounts.set(id, (this.#otherCounts.get(id) ?? 0) + 1);
    return id;
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
    const context = this.subject.view.columns.valuesOf(this.#kept);
    const state = shownState(this.state);
    const taken = this.#facts.definition === null ? {} : { taken: this.#taken() };
    return { ...this.#facts, sinceMs, state, context, ...taken };
  }

  #taken(): Record<string, number> {
    // Two transitions may have one id.
    const counts = new Map(this.#otherCounts);
    this.#edgeIds.forEach((id, index) => {
      counts.set(id, (counts.get(id) ?? 0) + (this.#edgeCounts[index] ?? 0));
    });
    return Object.fromEntries(counts);
  }

  #place(): Place | null {
    const { stream, group, consumer } = this.subject.view.columns.valuesOf(this.#kept);
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

/** Whether an actor was started. XState does not say so; where it is not as expected, whoever lives has. Never throws. */
export function hasBegun(actor: unknown): boolean {
  return memberOf(actor, "_processingStatus") !== NOT_STARTED;
}
