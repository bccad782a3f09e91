/**
 * Who told whom: frames as messages between the parts of a service, for one consumer and all around it. Pure.
 *
 * @module
 */

import type { ActorState, Frame, Place, TransitionFrame } from "../format.ts";

/** The parts, from left to right. */
export const PARTIES = [
  "operator",
  "orchestrator",
  "supervisor",
  "consumer",
  "pool",
  "worker",
  "broker",
  "clock",
] as const;

/** One of them. */
export type Party = typeof PARTIES[number];

/** A message. */
export interface SequenceLine {
  /** The frame that tells it. */
  readonly frame: TransitionFrame;
  /** Who told. */
  readonly from: Party;
  /** Who heard. */
  readonly to: Party;
}

/** What is known of an actor. */
type Known = Pick<ActorState, "machine" | "place" | "name"> | undefined;

/** By the machine of an actor. */
const BY_MACHINE: ReadonlyMap<string, Party> = new Map<string, Party>([
  ["orchestrator", "orchestrator"],
  ["supervisor", "supervisor"],
  ["consumer", "consumer"],
  ["worker", "worker"],
]);

/** By the first word of an event: `broker.read` comes from the broker. */
const BY_SENDER: ReadonlyMap<string, Party> = new Map<string, Party>([
  ["operator", "operator"],
  ["host", "orchestrator"],
  ["monitor", "orchestrator"],
  ["supervisor", "supervisor"],
  ["consumer", "consumer"],
  ["pool", "pool"],
  ["handler", "pool"],
  ["thread", "worker"],
  ["worker", "worker"],
  ["broker", "broker"],
  ["store", "broker"],
  ["clock", "clock"],
]);

/**
 * A frame as a message.
 *
 * @param known What is known of actors by their ids.
 * @returns `null` for one that is none, such as a step that a machine took by itself.
 */
export function sequenceLine(frame: Frame, known: (id: string) => Known): SequenceLine | null {
  if (frame.type !== "transition" || frame.step > 0) return null;
  const { source, type } = frame.event;
  const to = BY_MACHINE.get(known(frame.actor)?.machine ?? "");
  const sender = source === null ? undefined : known(source)?.machine;
  const from = BY_SENDER.get(type.split(".")[0] ?? "") ?? BY_MACHINE.get(sender ?? "");
  return from === undefined || to === undefined ? null : { frame, from, to };
}

/** Whether an actor belongs to a consumer: itself, its workers, its supervisor. Without a place everybody does. */
export function belongsTo(place: Place | null, actor: Known): boolean {
  if (place === null) return true;
  const own = actor?.place ?? null;
  return own !== null && own.stream === place.stream && own.group === place.group &&
    own.consumer === place.consumer;
}
