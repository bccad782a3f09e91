/**
 * Events as people say them. XState has types of its own for what happens by itself, such as
 * `xstate.done.state.consumer.draining`, which nobody wants to read at an arrow.
 *
 * @module
 */

import type { ChartTrigger } from "./chart.ts";

/** Why a transition is taken, and the event in words. */
export interface EventWords {
  /** Why it is taken. */
  readonly trigger: ChartTrigger;
  /** The event in words, `""` for none. */
  readonly label: string;
}

/**
 * Says an event in words.
 *
 * @param event Its type as XState has it, `""` for a transition without one.
 * @param state The id of the state that the transition belongs to.
 */
export function eventWords(event: string, state: string): EventWords {
  if (event === "") return { trigger: "always", label: "" };
  if (event === "*") return { trigger: "event", label: "any event" };
  const [, kind, rest = ""] =
    /^xstate\.(done\.state|done\.actor|error\.actor|snapshot|after)\.(.*)$/s.exec(event) ?? [];
  if (kind === "done.state") {
    return { trigger: "done", label: rest === state ? "done" : `${rest} done` };
  }
  if (kind === "done.actor") return { trigger: "done", label: `${actorWords(rest)} done` };
  if (kind === "error.actor") return { trigger: "error", label: `${actorWords(rest)} failed` };
  if (kind === "snapshot") return { trigger: "event", label: `${actorWords(rest)} changed` };
  if (kind === "after") return { trigger: "after", label: afterWords(rest, state) };
  return { trigger: "event", label: event };
}

function actorWords(id: string): string {
  return id === "*" ? "an actor" : id;
}

/** A delay is a number of ms or the name of one. */
function afterWords(rest: string, state: string): string {
  const delay = rest.endsWith(`.${state}`) ? rest.slice(0, -1 - state.length) : rest;
  return /^\d+$/.test(delay) ? `after ${delay} ms` : `after ${delay}`;
}
