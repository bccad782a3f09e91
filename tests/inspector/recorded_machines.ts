/**
 * Machines and a recorder for the inspector's tests: a lamp with states inside states, a room that has lamps, and a way to
 * record them on a clock of the test's own.
 *
 * @module
 */

import { type AnyActorRef, assign, setup, spawnChild, stopChild } from "xstate";
import type { Frame } from "../../src/inspector/format.ts";
import type { MachineView } from "../../src/inspector/machine_views.ts";
import { Recorder, type RecorderOptions } from "../../src/inspector/recorder.ts";
import { VirtualClock } from "../support/virtual_clock.ts";

/** What a lamp hears. */
export type LampEvent =
  | { type: "switch.pressed"; by?: string; secret?: string }
  | { type: "dimmer.turned"; level: number }
  | { type: "bulb.broke" }
  | { type: "owner.asks"; anything: unknown }
  | { type: "owner.left" };

/** What a lamp remembers. */
export interface LampContext {
  /** How often it was switched. */
  readonly count: number;
  /** How bright. */
  readonly light: { readonly level: number; readonly hidden: string };
  /** Not to be seen. */
  readonly payload: unknown;
}

/** A lamp. */
export const lampMachine = setup({
  types: {} as {
    context: LampContext;
    events: LampEvent;
    input: { payload?: unknown };
  },
  guards: { isDark: ({ context }) => context.light.level === 0 },
  actions: {
    countSwitch: assign({ count: ({ context }) => context.count + 1 }),
    dim: assign(({ context, event }) =>
      event.type === "dimmer.turned"
        ? { light: { level: event.level, hidden: context.light.hidden } }
        : {}
    ),
    remember: assign(({ event }) => event.type === "owner.asks" ? { payload: event.anything } : {}),
    breakDown: () => {
      throw new Error("the filament of redis://user:hunter2@host broke");
    },
  },
}).createMachine({
  id: "lamp",
  context: ({ input }) => ({
    count: 0,
    light: { level: 5, hidden: "h1dden" },
    payload: input.payload ?? null,
  }),
  initial: "off",
  on: {
    "bulb.broke": { actions: "breakDown" },
    "owner.left": { target: ".gone" },
    "owner.asks": { actions: "remember" },
  },
  states: {
    off: { on: { "switch.pressed": { target: "on", actions: "countSwitch" } } },
    on: {
      initial: "bright",
      on: { "switch.pressed": { target: "off", actions: "countSwitch" } },
      states: {
        bright: {
          always: { guard: "isDark", target: "dark" },
          on: { "dimmer.turned": { actions: "dim" } },
        },
        dark: { on: { "dimmer.turned": { target: "bright", actions: "dim" } } },
      },
    },
    gone: { type: "final" },
  },
});

/** A room, which has lamps and survives their failures. */
export const roomMachine = setup({
  types: {} as {
    events:
      | { type: "lamp.bought"; name: string; payload?: unknown }
      | { type: "lamp.sold"; name: string }
      | { type: "xstate.error.actor.lamp"; name: string };
  },
  actors: { lamp: lampMachine },
}).createMachine({
  id: "room",
  initial: "open",
  states: {
    open: {
      on: {
        "lamp.bought": {
          actions: spawnChild("lamp", {
            id: ({ event }) => event.name,
            input: ({ event }) => ({ payload: "payload" in event ? event.payload : null }),
          }),
        },
        "lamp.sold": { actions: stopChild(({ event }) => event.name) },
        "xstate.error.actor.*": { actions: () => {} },
      },
    },
  },
});

/** What the tests let be seen. */
export const VIEWS: Readonly<Record<string, MachineView>> = {
  lamp: {
    context: { count: "value", light: ["level"] },
    events: { "switch.pressed": ["by"], "dimmer.turned": ["level"] },
  },
};

/** The same, kept as it is until somebody reads. */
export const SLIGHT_VIEWS: Readonly<Record<string, MachineView>> = {
  lamp: {
    context: { count: "value", light: ["level"] },
    events: { "switch.pressed": ["by"], "dimmer.turned": ["level"] },
    contextIsSlight: () => true,
    slightEvents: ["switch.pressed", "dimmer.turned"],
  },
};

/** A recorder on a clock that stands still at 1,000,000. */
export function recorderFor(options: Partial<RecorderOptions> = {}): Recorder {
  return new Recorder({ instance: "p1", views: VIEWS, clock: new VirtualClock(), ...options });
}

/** All frames that a recorder keeps. */
export function framesOf(recorder: Recorder): Frame[] {
  const frames: Frame[] = [];
  for (let seq = recorder.firstSeq; seq <= recorder.lastSeq; seq++) {
    const frame = recorder.frame(seq);
    if (frame !== undefined) frames.push(frame);
  }
  return frames;
}

/** Frames in a few words each, with the names of actors instead of their sessions. */
export function story(frames: readonly Frame[], names: ReadonlyMap<string, string>): string[] {
  const words = (state: unknown) => typeof state === "string" ? state : JSON.stringify(state);
  return frames.map((frame) => {
    if (frame.type === "started") {
      return `${frame.actor.name} ${frame.joined ? "joined" : "started"} ${
        words(frame.actor.state)
      }`;
    }
    if (frame.type === "ended") return `${frame.actor.name} ${frame.ending}`;
    const name = names.get(frame.actor) ?? frame.actor;
    return `${name} ${frame.event.type}: ${words(frame.from)} > ${words(frame.to)}`;
  });
}

/** The names of all actors that started in these frames, by id. */
export function namesIn(frames: readonly Frame[]): Map<string, string> {
  return new Map(
    frames.flatMap((frame) => frame.type === "started" ? [[frame.actor.id, frame.actor.name]] : []),
  );
}

/** The id that a recorder gives an actor. */
export function idOf(actor: AnyActorRef): string {
  return `p1/${actor.sessionId}`;
}

/** Starts an actor whose failure ends nobody. */
export function started<Started extends AnyActorRef>(actor: Started): Started {
  actor.subscribe({ error: () => {} });
  actor.start();
  return actor;
}

/** A lamp of a room. */
export function lampIn(room: AnyActorRef, name: string): AnyActorRef {
  return room.getSnapshot().children[name];
}
