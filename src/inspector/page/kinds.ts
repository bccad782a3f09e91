/**
 * What kind of state a state is: one colour and one sign for each kind, everywhere on the page. The sign, and in the
 * timeline the shape, say the same as the colour, for whoever does not see it.
 *
 * @module
 */

import type { StateValue } from "../format.ts";

/** The kinds, the most pressing one last. */
export const KINDS = [
  "ended",
  "waiting",
  "working",
  "paused",
  "reclaiming",
  "backingOff",
  "failed",
] as const;

/** One of them. */
export type Kind = typeof KINDS[number];

/** How a kind is said and signed. */
export interface KindLook {
  /** In words. */
  readonly name: string;
  /** One character, unlike those of all other kinds. */
  readonly sign: string;
}

/** The looks. */
export const KIND_LOOKS: Readonly<Record<Kind, KindLook>> = {
  working: { name: "working", sign: "▶" },
  waiting: { name: "waiting", sign: "○" },
  backingOff: { name: "backing off", sign: "↻" },
  reclaiming: { name: "reclaiming", sign: "⇄" },
  paused: { name: "paused", sign: "Ⅱ" },
  failed: { name: "failed", sign: "✕" },
  ended: { name: "ended", sign: "■" },
};

/** Kinds by the names of states of all machines; a name has the same meaning in each of them. */
const BY_NAME: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["reading", "waiting"],
  ["idle", "waiting"],
  ["pressured", "waiting"],
  ["backingOff", "backingOff"],
  ["restarting", "backingOff"],
  ["reclaiming", "reclaiming"],
  ["paused", "paused"],
  ["saturated", "paused"],
  ["failed", "failed"],
  ["givenUp", "failed"],
  ["stopped", "ended"],
  ["halted", "ended"],
]);

/** The kind of a state. One that nobody knows works. */
export function kindOf(state: StateValue): Kind {
  for (const name of namesOf(state).reverse()) {
    const kind = BY_NAME.get(name);
    if (kind !== undefined) return kind;
  }
  return "working";
}

/** A state as people read it: `draining.finishing`, and `a + b` for two that are active at once. */
export function stateText(state: StateValue): string {
  if (typeof state === "string") return state;
  return Object.entries(state).map(([key, inner]) => {
    const text = stateText(inner);
    return text === "" ? key : `${key}.${text}`;
  }).join(" + ");
}

function namesOf(state: StateValue): string[] {
  if (typeof state === "string") return [state];
  return Object.entries(state).flatMap(([key, inner]) => [key, ...namesOf(inner)]);
}
