/**
 * Alarms: who has been in a state for longer than its user wants. Pure, but for where the wishes are kept.
 *
 * @module
 */

import type { Fleet } from "../fleet.ts";
import type { ActorState } from "../format.ts";
import { isConsumerRow } from "./fleet_rows.ts";
import { stateText } from "./kinds.ts";

/** How long a consumer may be in a state, in seconds, by the state's first name; a state that is not there may last. */
export type AlarmWishes = Readonly<Record<string, number>>;

/** What nobody wants to last. */
export const USUAL_WISHES: AlarmWishes = {
  loadingCheckpoint: 30,
  backingOff: 30,
  acking: 30,
  reclaiming: 60,
  failed: 0,
  givenUp: 0,
  restarting: 60,
};

/** The states of a consumer and of its supervisor that can be watched. */
export const WATCHED_STATES = [
  "loadingCheckpoint",
  "validating",
  "reading",
  "processing",
  "acking",
  "checkpointing",
  "reclaiming",
  "backingOff",
  "paused",
  "draining",
  "failed",
  "restarting",
  "givenUp",
] as const;

/** Somebody who is in a state for too long. */
export interface Alarm {
  /** Who. */
  readonly actor: ActorState;
  /** In which state. */
  readonly state: string;
  /** Since when, in ms since 1970. */
  readonly sinceMs: number;
}

/** Who raises one at a moment, the longest first. */
export function alarmsOf(fleet: Fleet | null, wishes: AlarmWishes, momentMs: number): Alarm[] {
  const alarms: Alarm[] = [];
  for (const actor of fleet?.values() ?? []) {
    if (!isConsumerRow(actor)) continue;
    const state = stateText(actor.state);
    const first = state.split(".")[0] ?? "";
    const seconds = Object.hasOwn(wishes, first) ? wishes[first] : undefined;
    if (seconds === undefined || momentMs - actor.sinceMs < seconds * 1_000) continue;
    alarms.push({ actor, state, sinceMs: actor.sinceMs });
  }
  return alarms.toSorted((one, other) => one.sinceMs - other.sinceMs);
}

/** What was kept, checked. @returns The usual ones where nothing fit was kept. */
export function wishesOf(kept: string | null): AlarmWishes {
  try {
    const json: unknown = JSON.parse(kept ?? "null");
    if (typeof json !== "object" || json === null) return USUAL_WISHES;
    return Object.fromEntries(
      Object.entries(json).filter(([, seconds]) => typeof seconds === "number" && seconds >= 0),
    );
  } catch {
    return USUAL_WISHES;
  }
}
