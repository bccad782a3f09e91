/**
 * A recording in the message format of `@statelyai/inspect` 0.7.2 (`StatelyInspectionEvent` in its `src/types.ts`, made as
 * its `convertXStateEvent` makes them), so that tools which understand that can show it too. Two things differ: times are
 * those of the events, not of their conversion; and contexts hold only what the recording holds.
 *
 * @module
 */

import type { Chart, ChartTransition } from "./chart/chart.ts";
import { childrenOf, rootOf } from "./chart/chart.ts";
import { advanceIn } from "./fleet.ts";
import type {
  ActorState,
  EndedFrame,
  EventFact,
  Message,
  StateValue,
  TransitionFrame,
  Values,
} from "./format.ts";

/** The version of the package whose messages these are. */
export const STATELY_VERSION = "0.7.2";

/** What all messages have. */
export interface StatelyBase {
  /** The version of the format. */
  readonly _version: string;
  /** Milliseconds since 1970, as a text. */
  readonly createdAt: string;
  /** Always `null`, as the package sends it. */
  readonly id: null;
  /** The session of the root of the actor's system. */
  readonly rootId: string;
  /** The actor's session. */
  readonly sessionId: string;
}

/** An actor's state, as the package sends it. */
export interface StatelySnapshot {
  /** Whether it lives, and how it ended. */
  readonly status: "active" | "done" | "error" | "stopped";
  /** Its state; left out for an actor that has none. */
  readonly value?: StateValue;
  /** What may be shown of its context. */
  readonly context: Values;
  /** Why it failed. */
  readonly error?: string;
}

/** An event, with what may be shown of it. */
export type StatelyEvent = { readonly type: string } & Values;

/** An actor is there. */
export interface StatelyActorMessage extends StatelyBase {
  /** Its kind. */
  readonly type: "@xstate.actor";
  /** What it is called. */
  readonly name: string;
  /** Its machine's definition as JSON; only an `id` for one that is no machine. */
  readonly definition: string;
  /** Its parent's session; left out for a root. */
  readonly parentId?: string;
  /** Its state. */
  readonly snapshot: StatelySnapshot;
}

/** An actor was sent an event. */
export interface StatelyEventMessage extends StatelyBase {
  /** Its kind. */
  readonly type: "@xstate.event";
  /** The event. */
  readonly event: StatelyEvent;
  /** The session of the sender; left out where none is known. */
  readonly sourceId?: string;
}

/** An actor is in a state. */
export interface StatelySnapshotMessage extends StatelyBase {
  /** Its kind. */
  readonly type: "@xstate.snapshot";
  /** The event that led to it. */
  readonly event: StatelyEvent;
  /** The state. */
  readonly snapshot: StatelySnapshot;
}

/** A message of `@statelyai/inspect`. */
export type StatelyMessage = StatelyActorMessage | StatelyEventMessage | StatelySnapshotMessage;

const STATUS = { done: "done", stopped: "stopped", failed: "error", unwatched: "active" } as const;

/**
 * Translates a recording. Of the steps that one event led to, only the last one is a snapshot, as in XState.
 *
 * @param messages As a reader gets them, from their beginning; may go on for ever.
 */
export function* statelyMessages(messages: Iterable<Message>): Generator<StatelyMessage> {
  const translator = new StatelyTranslator();
  for (const message of messages) yield* translator.translate(message);
}

/** The same, for messages that come one after the other. */
export class StatelyTranslator {
  readonly #fleet = new Map<string, ActorState>();
  readonly #charts = new Map<string, Chart>();
  /** What an actor heard last: its end is told with it. */
  readonly #heard = new Map<string, StatelyEvent>();

  /** What the next message says. */
  translate(message: Message): StatelyMessage[] {
    switch (message.type) {
      case "definition":
        this.#charts.set(message.hash, message.chart);
        return [];
      case "snapshot":
        this.#fleet.clear();
        for (const actor of message.actors) this.#fleet.set(actor.id, actor);
        return message.actors.map((actor) => this.#actorMessage(actor, message.atMs));
      case "started":
        advanceIn(this.#fleet, message);
        return [this.#actorMessage(message.actor, message.atMs)];
      case "transition":
        return this.#step(message);
      case "ended":
        return [this.#end(message)];
      default:
        return [];
    }
  }

  #step(frame: TransitionFrame): StatelyMessage[] {
    advanceIn(this.#fleet, frame);
    const actor = this.#fleet.get(frame.actor);
    if (actor === undefined) return [];
    const base = this.#baseOf(actor, frame.atMs);
    const event = eventOf(frame.event);
    const { source } = frame.event;
    const told: StatelyMessage[] = [];
    if (frame.step === 0) {
      this.#heard.set(actor.id, event);
      const sender = source === null ? {} : { sourceId: source };
      told.push({ type: "@xstate.event", event, ...sender, ...base });
    }
    const cause = this.#heard.get(actor.id) ?? event;
    if (frame.rests) {
      told.push({ type: "@xstate.snapshot", event: cause, snapshot: snapshotOf(actor), ...base });
    }
    return told;
  }

  #end(frame: EndedFrame): StatelyMessage {
    const { actor, atMs, ending } = frame;
    const event = this.#heard.get(actor.id) ?? { type: "" };
    const error = frame.message === null ? {} : { error: frame.message };
    const snapshot = { ...snapshotOf(actor), status: STATUS[ending], ...error };
    const base = this.#baseOf(actor, atMs);
    advanceIn(this.#fleet, frame);
    this.#heard.delete(actor.id);
    return { type: "@xstate.snapshot", event, snapshot, ...base };
  }

  #baseOf(actor: ActorState, atMs: number): StatelyBase {
    return {
      _version: STATELY_VERSION,
      createdAt: String(atMs),
      id: null,
      rootId: rootOfActor(actor, this.#fleet),
      sessionId: actor.id,
    };
  }

  #actorMessage(actor: ActorState, atMs: number): StatelyActorMessage {
    const chart = actor.definition === null ? undefined : this.#charts.get(actor.definition);
    return {
      type: "@xstate.actor",
      name: actor.name,
      definition: JSON.stringify(chart === undefined ? { id: actor.name } : configOf(chart)),
      ...(actor.parent === null ? {} : { parentId: actor.parent }),
      snapshot: snapshotOf(actor),
      ...this.#baseOf(actor, atMs),
    };
  }
}

function snapshotOf({ state, context }: ActorState): StatelySnapshot {
  return { status: "active", ...(state === "" ? {} : { value: state }), context };
}

function eventOf({ type, data }: EventFact): StatelyEvent {
  return { ...data, type };
}

function rootOfActor(actor: ActorState, fleet: ReadonlyMap<string, ActorState>): string {
  const seen = new Set<string>();
  let root = actor;
  while (root.parent !== null && !seen.has(root.id)) {
    seen.add(root.id);
    const parent = fleet.get(root.parent);
    if (parent === undefined) return root.parent;
    root = parent;
  }
  return root.id;
}

/** A machine's configuration as somebody would write it, made from its chart. */
function configOf(chart: Chart): Record<string, unknown> {
  const root = rootOf(chart);
  return root === undefined
    ? { id: chart.machine }
    : { ...stateConfig(chart, root.id), id: chart.machine };
}

function stateConfig(chart: Chart, id: string): Record<string, unknown> {
  const state = chart.states.find((each) => each.id === id);
  if (state === undefined) return {};
  const inner = childrenOf(chart, id);
  const own = chart.transitions.filter(({ source }) => source === id);
  const events = Map.groupBy(own.filter(({ event }) => event !== ""), ({ event }) => event);
  const always = own.filter(({ event }) => event === "").map(transitionConfig);
  const initial = inner.find((each) => state.initial.includes(each.id))?.key;
  return {
    id,
    ...(state.description === null ? {} : { description: state.description }),
    ...(state.type === "atomic" || state.type === "compound" ? {} : { type: state.type }),
    ...(initial === undefined || state.type === "parallel" ? {} : { initial }),
    ...(state.entry.length === 0 ? {} : { entry: state.entry.map(named) }),
    ...(state.exit.length === 0 ? {} : { exit: state.exit.map(named) }),
    ...(always.length === 0 ? {} : { always }),
    ...(events.size === 0 ? {} : {
      on: Object.fromEntries(
        Array.from(events, ([event, all]) => [event, all.map(transitionConfig)]),
      ),
    }),
    ...(inner.length === 0 ? {} : {
      states: Object.fromEntries(inner.map((each) => [each.key, stateConfig(chart, each.id)])),
    }),
  };
}

function transitionConfig({ targets, guard, actions, reenter }: ChartTransition): unknown {
  return {
    ...(targets.length === 0 ? {} : { target: targets.map((target) => `#${target}`) }),
    ...(guard === null ? {} : { guard: named(guard) }),
    ...(actions.length === 0 ? {} : { actions: actions.map(named) }),
    ...(reenter ? { reenter } : {}),
  };
}

function named(type: string): { readonly type: string } {
  return { type };
}
