/**
 * What the inspector tells, as plain JSON: the same messages go to a page that looks on and into a session file, so that
 * whoever reads the one reads the other.
 *
 * A telling is a list of messages. The first is a {@linkcode Header}. Then, in this order as often as needed:
 *
 * | type | says | when |
 * | --- | --- | --- |
 * | `header` | format, version, which process | first, once |
 * | `gap` | how many frames are missing, exactly | the reader was too slow, or came back too late; a `snapshot` follows |
 * | `definition` | a machine's chart under its hash | before the first message that names the hash, once for each reader |
 * | `snapshot` | every living actor, right after frame `seq` | at the beginning, and after a gap |
 * | `started` | a frame: an actor lives | |
 * | `transition` | a frame: an actor took a step | |
 * | `ended` | a frame: an actor lives no more, or is looked at no more | |
 *
 * **Frames** have a sequence number, 1 for the first one of a recorder and one more for each. So a reader resumes by the
 * number of the last frame that it has, and what is missing is counted by subtraction. Every frame can be undone: a
 * `transition` has both values of what changed, `ended` holds the whole actor. So whoever has a snapshot and frames can go
 * forward and back (`fleet.ts`).
 *
 * **Steps.** One event can lead a machine through several states: each of these is a frame, with `step` counted from 0
 * for what the event itself did; higher ones happened by themselves. `rests` is true on the last of them. An event that
 * changed nothing is a frame too, without `edges`, so that one sees what was ignored.
 *
 * **Order** is the order in which things happened: an actor's last transition and its end come before its parent hears
 * of it; children that end with their parent end after it. `atMs` is the wall clock and may jump.
 *
 * **Names.** An actor's id is `instance/session`, because XState counts its sessions anew in every process. A context
 * member inside another one is written `load.demand`. An edge is the id of a transition in the definition's chart.
 *
 * **A reader that cannot keep up** gets stretches of frames without a hole, and between them gaps. The snapshot behind a gap
 * is as true as every other one: states, contexts, and how often each transition was taken (`taken`); only single steps are missing.
 *
 * **What is left out.** Context and events hold only what `machine_views.ts` lists, as single values; texts are cut at
 * {@linkcode TEXT_MAX}, have no secrets and no control characters. Nothing else leaves the machine (S19).
 *
 * **Session files** are these messages as JSON Lines in UTF-8, one message a line (`session_file.ts`). A reader refuses a
 * `version` that it does not know; within a version, members may be added.
 *
 * @module
 */

import type { Chart } from "./chart/chart.ts";

/** The name of the format, in every header. */
export const FORMAT = "tidemark-inspector";

/** Its version; a change that old readers would misunderstand makes it one more. */
export const FORMAT_VERSION = 1;

/** Texts are cut here, in UTF-16 units: enough for an error message, and a frame stays small. */
export const TEXT_MAX = 256;

/** A single value of a context or an event. Numbers that JSON lacks, such as NaN, are texts. */
export type Scalar = string | number | boolean | null;

/** Single values by name, such as `load.demand`. */
export type Values = Readonly<Record<string, Scalar>>;

/** A state as XState says it: a name, or names of states that are active at once with those inside them. */
export type StateValue = string | { readonly [key: string]: StateValue };

/** What an actor works for; `null` where it is not known. */
export interface Place {
  /** The stream. */
  readonly stream: string | null;
  /** The group. */
  readonly group: string | null;
  /** The consumer's name. */
  readonly consumer: string | null;
}

/** One actor at one moment. */
export interface ActorState {
  /** Its id, `instance/session`; unique over all processes. */
  readonly id: string;
  /** What its parent calls it, such as `worker-1`. */
  readonly name: string;
  /** Its name in its system, `null` for none. */
  readonly systemId: string | null;
  /** The id of its machine, such as `consumer`. */
  readonly machine: string;
  /** The hash of its definition, `null` for an actor that is no machine. */
  readonly definition: string | null;
  /** Its parent's id, `null` for a root. */
  readonly parent: string | null;
  /** What it works for, its own or that of its parent; `null` for neither. */
  readonly place: Place | null;
  /** When it started, or when the recorder first saw it, in ms since 1970. */
  readonly startedAtMs: number;
  /** Since when it is in its state, in ms since 1970. */
  readonly sinceMs: number;
  /** Its state; `""` for an actor that has none. */
  readonly state: StateValue;
  /** What may be shown of its context. */
  readonly context: Values;
  /**
   * How often each transition of its chart was taken since the recorder first saw it, by the transition's id: exact at every
   * moment, also for a reader who missed most of the frames. Left out by recorders before this member, and for an actor that
   * is no machine.
   */
  readonly taken?: Readonly<Record<string, number>>;
}

/** The first message. */
export interface Header {
  /** Its kind. */
  readonly type: "header";
  /** The name of the format. */
  readonly format: typeof FORMAT;
  /** Its version. */
  readonly version: typeof FORMAT_VERSION;
  /** The process that tells. */
  readonly instance: string;
  /** When its recorder began, in ms since 1970; together with `instance` it says whether a sequence number still counts. */
  readonly startedAtMs: number;
}

/** A machine's chart. */
export interface Definition {
  /** Its kind. */
  readonly type: "definition";
  /** Its hash, the same in every process. */
  readonly hash: string;
  /** States and transitions. */
  readonly chart: Chart;
}

/** Every living actor, parents before their children. */
export interface FleetSnapshot {
  /** Its kind. */
  readonly type: "snapshot";
  /** It shows the moment right after this frame; 0 before the first one. */
  readonly seq: number;
  /** When that was, in ms since 1970. */
  readonly atMs: number;
  /** The actors. */
  readonly actors: readonly ActorState[];
}

/** Frames that this reader does not get. */
export interface Gap {
  /** Its kind. */
  readonly type: "gap";
  /** The first one that is missing. */
  readonly from: number;
  /** The last one. */
  readonly until: number;
  /** How many: exact. */
  readonly count: number;
}

/** An actor lives. */
export interface StartedFrame {
  /** Its kind. */
  readonly type: "started";
  /** Its number. */
  readonly seq: number;
  /** When, in ms since 1970. */
  readonly atMs: number;
  /** The actor in its first state. */
  readonly actor: ActorState;
  /** Whether it lived before: the recorder was attached later than it started. */
  readonly joined: boolean;
}

/** What an actor heard. */
export interface EventFact {
  /** Its type. */
  readonly type: string;
  /** The id of the actor that sent it, `null` when none did or it is not known. */
  readonly source: string | null;
  /** What may be shown of it. */
  readonly data: Values;
}

/** An actor took a step. */
export interface TransitionFrame {
  /** Its kind. */
  readonly type: "transition";
  /** Its number. */
  readonly seq: number;
  /** When, in ms since 1970. */
  readonly atMs: number;
  /** The actor's id. */
  readonly actor: string;
  /** What it heard. */
  readonly event: EventFact;
  /** The state before. */
  readonly from: StateValue;
  /** Since when it was in that state, in ms since 1970. */
  readonly sinceMs: number;
  /** The state after. */
  readonly to: StateValue;
  /** The transitions of the chart that were taken; empty where the event changed nothing. */
  readonly edges: readonly string[];
  /** Which step of this event: 0 is what the event itself did. */
  readonly step: number;
  /** Whether the machine waits for an event after it. False on the last one of an actor that ended by it. */
  readonly rests: boolean;
  /** What changed in the context, by name: the value before and the value after. */
  readonly changed: Readonly<Record<string, readonly [before: Scalar, after: Scalar]>>;
}

/**
 * How an actor ended: `done` by reaching its end; `stopped` by its parent; `failed` by an error; `unwatched` when it
 * lives on and the recorder looks no more.
 */
export type Ending = "done" | "stopped" | "failed" | "unwatched";

/** An actor lives no more, or is looked at no more. */
export interface EndedFrame {
  /** Its kind. */
  readonly type: "ended";
  /** Its number. */
  readonly seq: number;
  /** When, in ms since 1970. */
  readonly atMs: number;
  /** How. */
  readonly ending: Ending;
  /** Why, for one that failed; `null` otherwise. */
  readonly message: string | null;
  /** The actor as it was last. */
  readonly actor: ActorState;
}

/** Something that happened. */
export type Frame = StartedFrame | TransitionFrame | EndedFrame;

/** Anything that is told. */
export type Message = Header | Definition | FleetSnapshot | Gap | Frame;

/** Whether a message is a frame. */
export function isFrame(message: Message): message is Frame {
  const { type } = message;
  return type === "started" || type === "transition" || type === "ended";
}
