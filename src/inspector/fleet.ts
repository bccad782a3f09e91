/**
 * All actors at one moment, and how a frame leads to the next moment and back. Pure: this is what the recorder, a page and
 * the time machine agree on.
 *
 * @module
 */

import type { ActorState, Frame, TransitionFrame, Values } from "./format.ts";

/** The actors by id, in the order in which they started. */
export type Fleet = ReadonlyMap<string, ActorState>;

/** The fleet of a snapshot. */
export function fleetOf(actors: Iterable<ActorState>): Fleet {
  return new Map(Array.from(actors, (actor) => [actor.id, actor]));
}

/** The moment after a frame. A frame of an actor that is not there changes nothing. */
export function advance(fleet: Fleet, frame: Frame): Fleet {
  const next = new Map(fleet);
  advanceIn(next, frame);
  return next;
}

/** The moment before a frame: the inverse of {@linkcode advance}, but for the order of actors that had ended. */
export function retreat(fleet: Fleet, frame: Frame): Fleet {
  const before = new Map(fleet);
  retreatIn(before, frame);
  return before;
}

/** {@linkcode advance} in place, for whoever goes over many frames. */
export function advanceIn(fleet: Map<string, ActorState>, frame: Frame): void {
  if (frame.type === "started") fleet.set(frame.actor.id, frame.actor);
  else if (frame.type === "ended") fleet.delete(frame.actor.id);
  else {
    const actor = fleet.get(frame.actor);
    if (actor !== undefined) fleet.set(frame.actor, stepped(actor, frame));
  }
}

/** {@linkcode retreat} in place. */
export function retreatIn(fleet: Map<string, ActorState>, frame: Frame): void {
  if (frame.type === "started") fleet.delete(frame.actor.id);
  else if (frame.type === "ended") fleet.set(frame.actor.id, frame.actor);
  else {
    const actor = fleet.get(frame.actor);
    if (actor !== undefined) fleet.set(frame.actor, steppedBack(actor, frame));
  }
}

/** Parents before children, as a snapshot has them. A parent that is not there, or a circle, is no parent. */
export function parentsFirst(fleet: Fleet): ActorState[] {
  const ordered = new Map<string, ActorState>();
  for (const actor of fleet.values()) {
    const line: ActorState[] = [];
    let each: ActorState | undefined = actor;
    while (each !== undefined && !ordered.has(each.id) && !line.includes(each)) {
      line.push(each);
      each = each.parent === null ? undefined : fleet.get(each.parent);
    }
    for (const ancestor of line.reverse()) ordered.set(ancestor.id, ancestor);
  }
  return [...ordered.values()];
}

/** Whether two states are the same. */
export function isSameState(one: ActorState["state"], other: ActorState["state"]): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => {
    const [mine, its] = [one[key], Object.hasOwn(other, key) ? other[key] : undefined];
    return mine !== undefined && its !== undefined && isSameState(mine, its);
  });
}

function stepped(actor: ActorState, frame: TransitionFrame): ActorState {
  const sinceMs = isSameState(frame.from, frame.to) ? actor.sinceMs : frame.atMs;
  const context = withChanges(actor.context, frame, 1);
  return { ...actor, state: frame.to, sinceMs, context, ...counted(actor, frame, 1) };
}

function steppedBack(actor: ActorState, frame: TransitionFrame): ActorState {
  const { from: state, sinceMs } = frame;
  const context = withChanges(actor.context, frame, 0);
  return { ...actor, state, sinceMs, context, ...counted(actor, frame, -1) };
}

/** Where nobody has counted before, nobody knows the count. */
function counted(
  { taken }: ActorState,
  { edges }: TransitionFrame,
  by: 1 | -1,
): Pick<ActorState, "taken"> {
  if (taken === undefined || edges.length === 0) return {};
  const counts = { ...taken };
  for (const edge of edges) {
    const count = (Object.hasOwn(counts, edge) ? counts[edge] ?? 0 : 0) + by;
    if (count > 0) counts[edge] = count;
    else delete counts[edge];
  }
  return { taken: counts };
}

function withChanges(context: Values, { changed }: TransitionFrame, side: 0 | 1): Values {
  const names = Object.keys(changed);
  if (names.length === 0) return context;
  const next = { ...context };
  for (const name of names) {
    const pair = changed[name];
    if (pair !== undefined) next[name] = pair[side];
  }
  return next;
}
