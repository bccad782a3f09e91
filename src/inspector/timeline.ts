/**
 * Any moment of a recording: the fleet after each frame, forward and back. Every five hundred frames the fleet is kept, so
 * that a jump goes over a few hundred frames at most, however long the recording is.
 *
 * @module
 */

import { advanceIn, type Fleet, fleetOf } from "./fleet.ts";
import { type ActorState, type Frame, isFrame, type Message } from "./format.ts";

/** Half a millisecond of going over frames; a fleet of hundreds, kept so seldom, stays small. */
const KEPT_EACH = 500;

/** A moment that can be gone to. */
export interface Moment {
  /** Right after this frame. */
  readonly seq: number;
  /** Where the frames after it begin in the list of all. */
  readonly index: number;
  /** The fleet at that moment. */
  readonly fleet: Fleet;
}

/** A recording that one can go about in. */
export interface Timeline {
  /** All frames, in order; numbers are missing where there was a gap. */
  readonly frames: readonly Frame[];
  /** What is kept, in order. */
  readonly moments: readonly Moment[];
}

/** Makes a timeline of messages. Frames before the first snapshot, or after a gap and before the next, show no fleet. */
export function timelineOf(messages: Iterable<Message>): Timeline {
  const frames: Frame[] = [];
  const moments: Moment[] = [];
  let fleet: Map<string, ActorState> | null = null;
  for (const message of messages) {
    if (message.type === "gap") fleet = null;
    else if (message.type === "snapshot") {
      fleet = new Map(fleetOf(message.actors));
      moments.push({ seq: message.seq, index: frames.length, fleet: new Map(fleet) });
    } else if (isFrame(message)) {
      frames.push(message);
      if (fleet === null) continue;
      advanceIn(fleet, message);
      if (frames.length - (moments.at(-1)?.index ?? 0) >= KEPT_EACH) {
        moments.push({ seq: message.seq, index: frames.length, fleet: new Map(fleet) });
      }
    }
  }
  return { frames, moments };
}

/**
 * The fleet right after a frame.
 *
 * @param seq The frame's number, or that of a snapshot.
 * @returns `null` where it is not known: before the first snapshot, in a gap, and after the end.
 */
export function fleetAt({ frames, moments }: Timeline, seq: number): Fleet | null {
  const moment = moments[firstAfter(moments, seq) - 1];
  if (moment === undefined) return null;
  if (moment.seq === seq) return moment.fleet;
  const fleet = new Map(moment.fleet);
  for (let index = moment.index, expected = moment.seq + 1; index < frames.length; index++) {
    const frame = frames[index];
    if (frame === undefined || frame.seq !== expected++) return null;
    advanceIn(fleet, frame);
    if (frame.seq === seq) return fleet;
  }
  return null;
}

/** One actor right after a frame; `null` when it did not live then, or the moment is not known. */
export function actorAt(
  timeline: Timeline,
  at: { readonly actor: string; readonly seq: number },
): ActorState | null {
  return fleetAt(timeline, at.seq)?.get(at.actor) ?? null;
}

/**
 * The nearest frame of an actor, or of any, before or after a moment.
 *
 * @param from `seq`: the moment; `actor`: default any; `towards`: which way.
 * @returns `null` when there is none.
 */
export function nextFrame(
  { frames }: Timeline,
  from: { readonly seq: number; readonly actor?: string; readonly towards: "past" | "future" },
): Frame | null {
  const { seq, actor, towards } = from;
  const step = towards === "future" ? 1 : -1;
  const after = firstAfter(frames, towards === "future" ? seq : seq - 1);
  for (let index = towards === "future" ? after : after - 1;; index += step) {
    const frame = frames[index];
    if (frame === undefined) return null;
    if (actor === undefined || actorOf(frame) === actor) return frame;
  }
}

/** The id of the actor that a frame is about. */
export function actorOf(frame: Frame): string {
  return frame.type === "transition" ? frame.actor : frame.actor.id;
}

/** Where the first one with a higher number is. */
function firstAfter(list: readonly { readonly seq: number }[], seq: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.seq ?? Infinity) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
