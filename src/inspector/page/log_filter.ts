/**
 * Which lines of the log are shown. Pure.
 *
 * @module
 */

import type { ActorState, Frame } from "../format.ts";
import { actorOf } from "../timeline.ts";
import { actorLabel } from "./fleet_rows.ts";
import { stateText } from "./kinds.ts";
import { isBreak, type LogEntry } from "./recording.ts";

/** What is wanted; `""` and `null` for anything. */
export interface LogFilter {
  /** The id of an actor. */
  readonly actor: string | null;
  /** A part of the event's type. */
  readonly event: string;
  /** A part of the state before or after. */
  readonly state: string;
  /** Whether only what failed is wanted. */
  readonly errorsOnly: boolean;
  /** Words, each of which is somewhere in the line. */
  readonly text: string;
}

/** Everything. */
export const NO_FILTER: LogFilter = {
  actor: null,
  event: "",
  state: "",
  errorsOnly: false,
  text: "",
};

/** Events and states that tell of a failure. */
const FAILURE =
  /(^|\.)(failed|fenced|forgot|lost|error)\b|xstate\.error|\b(failed|givenUp|backingOff)\b/;

/** Makes a test of lines. @param nameOf What an actor is called, for the text. */
export function matcherOf(
  filter: LogFilter,
  nameOf: (id: string) => string,
): (entry: LogEntry) => boolean {
  const { actor, errorsOnly } = filter;
  const [event, state] = [filter.event.toLowerCase(), filter.state.toLowerCase()];
  const words = filter.text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return (entry) => {
    if (isBreak(entry)) return true; // whatever one looks for could be missing there
    if (actor !== null && actorOf(entry) !== actor) return false;
    if (errorsOnly && !isFailure(entry)) return false;
    if (event !== "" && !eventOf(entry).toLowerCase().includes(event)) return false;
    if (state !== "" && !statesOf(entry).some((each) => each.toLowerCase().includes(state))) {
      return false;
    }
    if (words.length === 0) return true;
    const text = searchText(entry, nameOf).toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

/** Whether a frame tells of something that went wrong. */
export function isFailure(frame: Frame): boolean {
  if (frame.type === "ended") return frame.ending === "failed";
  if (frame.type === "started") return false;
  return FAILURE.test(frame.event.type) ||
    (frame.from !== frame.to && FAILURE.test(stateText(frame.to)));
}

/** What is written as the event of a frame. */
export function eventOf(frame: Frame): string {
  if (frame.type === "transition") return frame.event.type;
  if (frame.type === "started") return frame.joined ? "joined" : "started";
  return frame.ending;
}

/** What an actor is called in the log: its consumer's name, and its own behind it. */
export function actorName(actor: ActorState): string {
  const consumer = actor.place?.consumer ?? null;
  if (consumer === null) return actorLabel(actor);
  return actor.machine === "consumer" ? consumer : `${consumer} ${actorLabel(actor)}`;
}

function statesOf(frame: Frame): string[] {
  return frame.type === "transition"
    ? [stateText(frame.from), stateText(frame.to)]
    : [stateText(frame.actor.state)];
}

function searchText(frame: Frame, nameOf: (id: string) => string): string {
  const about = frame.type === "transition"
    ? [JSON.stringify(frame.event.data), JSON.stringify(frame.changed)]
    : [frame.type === "ended" ? frame.message ?? "" : ""];
  return [nameOf(actorOf(frame)), eventOf(frame), ...statesOf(frame), ...about].join(" ");
}
