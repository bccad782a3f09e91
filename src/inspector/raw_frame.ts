/**
 * A frame as it is recorded: a few references, no text made. What a reader gets is made when one asks, which for most
 * frames is never.
 *
 * @module
 */

import { shownState, shownText } from "./capture.ts";
import { dataOf, Row } from "./context_eye.ts";
import type { EndedFrame, Frame, Scalar, StartedFrame, StateValue } from "./format.ts";
import type { Sized } from "./frame_ring.ts";
import { type PreparedView, prepareView } from "./prepared_view.ts";
import { CLOSED_VIEW } from "./machine_views.ts";

/** A raw transition and its place in a ring, without the values in it. */
const TRANSITION_BYTES = 200;

/** A context or an event that is kept as it is: some twenty members and a few short texts. */
const KEPT_BYTES = 300;

/** A single value in a list. */
const VALUE_BYTES = 8;

/** A character, at the most. */
const CHARACTER_BYTES = 2;

/** What a frame knows of its actor; it holds on to nothing of the actor itself. */
export interface Subject {
  /** The actor's id. */
  readonly id: string;
  /** What may be seen of it. */
  readonly view: PreparedView;
}

/** That of a transition that is not filled yet. */
const NOBODY: Subject = { id: "", view: prepareView(CLOSED_VIEW) };

/** A frame that has yet to get its number and its texts. */
export type RawFrame = RawTransition | ReadyFrame;

/**
 * A transition as it is recorded. It is filled again when its frame has left the ring: to keep thousands of new objects
 * for a while each is what collectors of garbage are worst at.
 */
export class RawTransition implements Sized {
  /** Its kind. */
  readonly kind = "transition";
  /** What it takes, in bytes, by estimate. */
  bytes = 0;
  /** The actor. */
  subject: Subject = NOBODY;
  /** When, in ms since 1970. */
  atMs = 0;
  /** The event's type. */
  event = "";
  /** Who sent it. */
  source: string | null = null;
  /** The event itself where it holds no more than it shows, or a row of what it shows; `null` where it shows nothing. */
  data: unknown = null;
  /** The state before. */
  from: StateValue = "";
  /** Since when it was in that state. */
  sinceMs = 0;
  /** The state after. */
  to: StateValue = "";
  /** The transitions that were taken; most often there is one, so no list is made for it. */
  edges: string | readonly string[] | null = null;
  /** Which step of the event. */
  step = 0;
  /** Whether the machine waits for an event after it; known only afterwards. */
  rests = false;
  /** The context before, or a row of what it shows. */
  before: unknown = null;
  /** The context after, or a row of what it shows. */
  after: unknown = null;

  /** Estimates what it takes. */
  weigh(): void {
    const { before, after, data } = this;
    this.bytes = TRANSITION_BYTES + (data === null ? 0 : bytesOf(data, null)) +
      (before === after ? 0 : bytesOf(after, before));
  }
}

/** A frame that was made at once, because an actor starts and ends only once. */
export interface ReadyFrame extends Sized {
  /** Its kind. */
  readonly kind: "ready";
  /** All but its number. */
  readonly frame: Unnumbered;
}

/** A frame without its number. */
export type Unnumbered = Omit<StartedFrame, "seq"> | Omit<EndedFrame, "seq">;

/** A frame that is ready but for its number. */
export function readyFrame(frame: Unnumbered): ReadyFrame {
  const bytes = TRANSITION_BYTES + CHARACTER_BYTES * JSON.stringify(frame).length;
  return { kind: "ready", frame, bytes };
}

/** Makes what a reader gets. */
export function frameOf(raw: RawFrame, seq: number): Frame {
  if (raw.kind === "ready") return { ...raw.frame, seq };
  const { event, source, data, edges, subject: { id, view } } = raw;
  return {
    type: "transition",
    seq,
    atMs: raw.atMs,
    actor: id,
    event: {
      type: shownText(event),
      source,
      data: data === null ? {} : dataOf(view.events.get(event)?.names ?? [], data),
    },
    from: shownState(raw.from),
    sinceMs: raw.sinceMs,
    to: shownState(raw.to),
    edges: edges === null ? [] : typeof edges === "string" ? [edges] : edges,
    step: raw.step,
    rests: raw.rests,
    changed: view.columns.changesOf(raw.before, raw.after),
  };
}

/** Of a row, what it does not share with the one before. */
function bytesOf(held: unknown, before: unknown): number {
  if (!(held instanceof Row)) return KEPT_BYTES;
  const { values } = held;
  const known: readonly Scalar[] = before instanceof Row ? before.values : [];
  let bytes = VALUE_BYTES * values.length;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === "string" && value !== known[index]) {
      bytes += CHARACTER_BYTES * value.length;
    }
  }
  return bytes;
}
