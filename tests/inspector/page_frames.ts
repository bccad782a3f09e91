/**
 * Frames as a process tells them, in as few words as the tests of the page need.
 *
 * @module
 */

import type {
  ActorState,
  FleetSnapshot,
  Header,
  TransitionFrame,
} from "../../src/inspector/format.ts";

/** What a telling begins with. */
export function headerOf(startedAtMs = 1_000): Header {
  return { type: "header", format: "tidemark-inspector", version: 1, instance: "p1", startedAtMs };
}

/** A consumer of the group `g` of `s`, that reads since 1,000. */
export function consumerActor(name: string, options: Partial<ActorState> = {}): ActorState {
  return {
    id: `p1/${name}`,
    name: "consumer",
    systemId: null,
    machine: "consumer",
    definition: "h",
    parent: null,
    place: { stream: "s", group: "g", consumer: name },
    startedAtMs: 1_000,
    sinceMs: 1_000,
    state: "reading",
    context: { committedCount: 0 },
    ...options,
  };
}

/** A fleet right after a frame. */
export function snapshotOf(
  seq: number,
  actors: readonly ActorState[],
  atMs = 1_000,
): FleetSnapshot {
  return { type: "snapshot", seq, atMs, actors };
}

/** A step of `p1/c`, from reading to processing unless told otherwise, 10 ms for each number after 1,000. */
export function stepOf(seq: number, options: Partial<TransitionFrame> = {}): TransitionFrame {
  return {
    type: "transition",
    seq,
    atMs: 1_000 + 10 * seq,
    actor: "p1/c",
    event: { type: "broker.read", source: null, data: {} },
    from: "reading",
    sinceMs: 1_000,
    to: "processing",
    edges: [],
    step: 0,
    rests: true,
    changed: {},
    ...options,
  };
}
