/**
 * The states of each consumer over time, as the timeline draws them. A lane belongs to a place, not to an actor, so that a
 * consumer that was started again stays where it was.
 *
 * @module
 */

import type { Fleet } from "../fleet.ts";
import type { ActorState, Frame } from "../format.ts";
import { actorLabel } from "./fleet_rows.ts";
import { type Kind, kindOf, stateText } from "./kinds.ts";

/** A state from a moment on. */
export interface Segment {
  /** Since when, in ms since 1970. */
  readonly atMs: number;
  /** The state in words; `""` where it is not known. */
  readonly state: string;
  /** Its kind; `null` where it is not known. */
  readonly kind: Kind | null;
}

/** One consumer over time. */
export interface Lane {
  /** Unlike that of every other lane. */
  readonly key: string;
  /** The consumer's name. */
  readonly name: string;
  /** Its stream and group; `""` for an actor that is no consumer. */
  readonly where: string;
  /** The actor that is there now, or was last. */
  actor: string;
  /** Its states, in order. */
  segments: Segment[];
}

/** Machines that come in large numbers beside each consumer: their states are in the tree and in the log. */
const WITHOUT_LANE: ReadonlySet<string> = new Set(["worker", "supervisor", "branch", "service"]);

/** Names with numbers in them go by these. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** All lanes, in the order of the tree: what is no consumer first, then by stream, group and name. */
export class Lanes {
  #lanes = new Map<string, Lane>();
  #sorted: readonly Lane[] | null = null;

  /** The lanes. */
  all(): readonly Lane[] {
    return this.#sorted ??= [...this.#lanes.values()].sort((one, other) =>
      compare(one.where, other.where) || compare(one.name, other.name)
    );
  }

  /** How many there are. */
  get count(): number {
    return this.#lanes.size;
  }

  /** Takes a frame, after which the fleet is so. */
  take(frame: Frame, fleet: Fleet): void {
    if (frame.type === "transition") {
      if (frame.from === frame.to) return;
      const actor = fleet.get(frame.actor);
      if (actor !== undefined) this.#set(actor, frame.atMs);
      return;
    }
    const { actor, atMs } = frame;
    const lane = this.#laneOf(actor);
    if (lane === null) return;
    if (frame.type === "started") this.#set(actor, atMs);
    else if (lane.actor === actor.id) {
      const failed = frame.ending === "failed" || lane.segments.at(-1)?.kind === "failed";
      const state = stateText(actor.state);
      append(lane, { atMs, state, kind: failed ? "failed" : "ended" });
    }
  }

  /** Takes a whole fleet. */
  setAll(actors: readonly ActorState[], atMs: number): void {
    for (const actor of actors) this.#set(actor, atMs);
  }

  /** From now on nothing is known. */
  interrupt(atMs: number): void {
    for (const lane of this.#lanes.values()) append(lane, { atMs, state: "", kind: null });
  }

  /** Drops what had ended by then, and lanes of which nothing else was told. */
  forget(beforeMs: number): void {
    for (const lane of this.#lanes.values()) {
      const first = Math.max(0, segmentAt(lane, beforeMs));
      lane.segments = lane.segments.slice(first);
      const [only] = lane.segments;
      const isOver = lane.segments.length === 1 && only !== undefined && only.atMs < beforeMs &&
        (only.kind === "ended" || only.kind === null);
      if (isOver) this.#lanes.delete(lane.key);
    }
    this.#sorted = null;
  }

  #set(actor: ActorState, atMs: number): void {
    const lane = this.#laneOf(actor);
    if (lane === null) return;
    lane.actor = actor.id;
    append(lane, { atMs, state: stateText(actor.state), kind: kindOf(actor.state) });
  }

  /** What an actor of this name has left that is gone: in the next life of its process another one takes its place. */
  #segmentsLeftBy(name: string): Segment[] {
    for (const { key, where, name: other, segments } of this.#lanes.values()) {
      const kind = segments.at(-1)?.kind ?? null;
      if (where !== "" || other !== name || (kind !== null && kind !== "ended")) continue;
      this.#lanes.delete(key);
      return segments;
    }
    return [];
  }

  #laneOf(actor: ActorState): Lane | null {
    const { id, machine, place, definition } = actor;
    if (definition === null || WITHOUT_LANE.has(machine)) return null;
    const { stream, group, consumer } = place ?? { stream: null, group: null, consumer: null };
    const key = consumer === null ? id : JSON.stringify([machine, stream, group, consumer]);
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    const where = consumer === null ? "" : [stream, group].filter(Boolean).join(" / ");
    const name = consumer ?? actorLabel(actor);
    const segments = consumer === null ? this.#segmentsLeftBy(name) : [];
    const made = { key, name, where, actor: id, segments };
    this.#lanes.set(key, made);
    this.#sorted = null;
    return made;
  }
}

/** Which segment holds at a time: its index, -1 before the first. */
export function segmentAt({ segments }: Lane, atMs: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The same state again is the same segment. */
function append({ segments }: Lane, segment: Segment): void {
  const last = segments.at(-1);
  if (last === undefined || last.state !== segment.state || last.kind !== segment.kind) {
    segments.push(segment);
  }
}
