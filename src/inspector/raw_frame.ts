/**
 * A frame as it is recorded: a few references, no text made. What a reader gets is made when one asks, which for most
 * frames is never.
 *
 * @module
 */

import { shownState, shownText } from "./capture.ts";
import {
  ContextColumns,
  namedChanges,
  namedData,
  noChanges,
  type RowChanges,
} from "./context_eye.ts";
import { CLOSED_VIEW } from "./machine_views.ts";
import type { EndedFrame, Frame, Scalar, StartedFrame, StateValue } from "./format.ts";
import type { Sized } from "./frame_ring.ts";

/** A raw transition and its place in a ring, without the values in it. */
const TRANSITION_BYTES = 200;

/** A single value in a list. */
const VALUE_BYTES = 8;

/** A character, at the most. */
const CHARACTER_BYTES = 2;

/** Those of a transition that is not filled yet. */
const NO_COLUMNS = new ContextColumns(CLOSED_VIEW);

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
  /** The actor's id. */
  actor = "";
  /** When, in ms since 1970. */
  atMs = 0;
  /** The event's type. */
  event = "";
  /** Who sent it. */
  source: string | null = null;
  /** What may be shown of it, in the order of `dataNames`; what is behind those is from before. */
  readonly data: Scalar[] = [];
  /** The names of that. */
  dataNames: readonly string[] = [];
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
  /** What changed in the context. */
  readonly changes: RowChanges = noChanges();
  /** What the columns of the context are. */
  columns: ContextColumns = NO_COLUMNS;

  /** Estimates what it takes. */
  weigh(): void {
    const { changes, data, dataNames } = this;
    this.bytes = TRANSITION_BYTES + bytesOf(changes.list, changes.count) +
      bytesOf(data, dataNames.length);
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
  const { event, source, data, dataNames, edges } = raw;
  return {
    type: "transition",
    seq,
    atMs: raw.atMs,
    actor: raw.actor,
    event: {
      type: shownText(event),
      source,
      data: namedData(dataNames, data),
    },
    from: shownState(raw.from),
    sinceMs: raw.sinceMs,
    to: shownState(raw.to),
    edges: edges === null ? [] : typeof edges === "string" ? [edges] : edges,
    step: raw.step,
    rests: raw.rests,
    changed: namedChanges(raw.changes, raw.columns),
  };
}

function bytesOf(values: readonly Scalar[], count: number): number {
  let bytes = VALUE_BYTES * count;
  for (let index = 0; index < count; index++) {
    const value = values[index];
    if (typeof value === "string") bytes += CHARACTER_BYTES * value.length;
  }
  return bytes;
}
