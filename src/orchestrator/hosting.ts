/**
 * How an actor of the orchestrator takes children: `host.start` and `host.end` are events that its `Nursery` sends. An
 * actor with thousands of children is slow to add and to stop one (measured: 1,950 µs a child at 5,000), so no parent
 * has more than 200: beyond that, children are spread over branches.
 *
 * @module
 */

import { type AnyActorLogic, type AnyActorRef, enqueueActions, setup, stopChild } from "xstate";
import type { ActorRefFrom, InputFrom } from "xstate";
import { type ActorHost, type HostSight, parentlessHost } from "../workers/actor_host.ts";

/** Asks an actor to take or to leave a child. */
export type HostEvent =
  | {
    readonly type: "host.start";
    readonly id: string;
    readonly logic: AnyActorLogic;
    readonly input: unknown;
    /** Whether somebody still waits for it: who asks in the middle of another event is not answered at once. */
    readonly isWanted: () => boolean;
  }
  | { readonly type: "host.end"; readonly id: string };

/** The most children of one parent, branches included. */
const CHILDREN_MAX = 200;

/** So many children are the parent's own; the rest of its room is for branches. */
const OWN_MAX = 150;

/** `enqueue.spawnChild` of XState, whose own type takes an id only for actors that are named in `setup`. */
export type SpawnChild = (
  logic: AnyActorLogic,
  options: { readonly id: string; readonly input: unknown },
) => void;

/** The meaning of `host.start`. */
export function startChildOf(
  event: { readonly type: string } | HostEvent,
  spawn: SpawnChild,
): void {
  if (event.type !== "host.start" || !("logic" in event) || !event.isWanted()) return;
  spawn(event.logic, { id: event.id, input: event.input });
}

/** A parent that does nothing but to have children. */
const branchMachine = setup({
  types: { events: {} as HostEvent },
  actions: {
    startChild: enqueueActions(({ enqueue, event }) => {
      startChildOf(event, enqueue.spawnChild as SpawnChild);
    }),
    endChild: stopChild(({ event }) => (event.type === "host.end" ? event.id : "")),
    leaveToOwner: () => {},
  },
}).createMachine({
  id: "branch",
  description: "Holds children for a parent that has too many.",
  options: { maxIterations: 100 },
  initial: "open",
  states: {
    open: {
      description: "Takes children and leaves them.",
      on: {
        "host.start": { actions: "startChild" },
        "host.end": { actions: "endChild" },
        // Whoever started the child listens to it; unheard here, its error would end its siblings.
        "xstate.error.actor.*": { actions: "leaveToOwner" },
      },
    },
  },
});

interface Branch {
  readonly actor: AnyActorRef;
  count: number;
}

/** Starts actors as children of one actor. */
export class Nursery implements ActorHost {
  readonly #parent: AnyActorRef;
  readonly #parents = new Map<string, AnyActorRef>();
  readonly #branches: Branch[] = [];
  readonly #alone: ActorHost;
  #ownCount = 0;

  /**
   * @param parent An actor that understands {@linkcode HostEvent}.
   * @param sight Who is told of actors that it cannot take. Default: nobody.
   */
  constructor(parent: AnyActorRef, sight: HostSight | null = null) {
    this.#parent = parent;
    this.#alone = parentlessHost(null, sight);
  }

  /** How many living actors it has started. */
  get count(): number {
    return this.#parents.size;
  }

  /**
   * Starts an actor. One whose parent has ended, or is in the middle of an event, is without a parent: it works as well,
   * only nobody who looks on sees whose it is.
   */
  start<Logic extends AnyActorLogic>(
    logic: Logic,
    options: { readonly id: string; readonly input: InputFrom<Logic> },
  ): ActorRefFrom<Logic> {
    this.end(options.id);
    const parent = this.#parentWithRoom();
    const child = startUnder<Logic>(parent, { logic, ...options });
    if (child === null) return this.#alone.start(logic, options);
    this.#parents.set(options.id, parent);
    if (parent === this.#parent) this.#ownCount++;
    const branch = this.#branches.find(({ actor }) => actor === parent);
    if (branch !== undefined) branch.count++;
    return child;
  }

  /** Takes an actor out. */
  end(id: string): void {
    this.#alone.end(id);
    const parent = this.#parents.get(id);
    if (parent === undefined) return;
    this.#parents.delete(id);
    const branch = this.#branches.find(({ actor }) => actor === parent);
    if (branch === undefined) this.#ownCount--;
    else branch.count--;
    if (isActive(parent)) parent.send({ type: "host.end", id });
  }

  #parentWithRoom(): AnyActorRef {
    if (this.#ownCount < OWN_MAX) return this.#parent;
    const hasRoom = ({ actor, count }: Branch) => count < CHILDREN_MAX && isActive(actor);
    return this.#branches.find(hasRoom)?.actor ?? this.#newBranch();
  }

  #newBranch(): AnyActorRef {
    const id = `branch-${this.#branches.length + 1}`;
    const actor = startUnder(this.#parent, { logic: branchMachine, id, input: undefined });
    if (actor === null) return this.#parent;
    this.#branches.push({ actor, count: 0 });
    return actor;
  }
}

/** Lets a parent start a child. @returns it, `null` when the parent cannot take it now. */
function startUnder<Logic extends AnyActorLogic>(
  parent: AnyActorRef,
  child: { readonly logic: Logic; readonly id: string; readonly input: unknown },
): ActorRefFrom<Logic> | null {
  if (!isActive(parent)) return null;
  const before: unknown = parent.getSnapshot().children?.[child.id];
  let isWanted = true;
  parent.send({ type: "host.start", ...child, isWanted: () => isWanted });
  isWanted = false;
  const started: unknown = parent.getSnapshot().children?.[child.id];
  return started !== before && isActor<Logic>(started) ? started : null;
}

function isActive(actor: AnyActorRef): boolean {
  return actor.getSnapshot().status === "active";
}

function isActor<Logic extends AnyActorLogic>(value: unknown): value is ActorRefFrom<Logic> {
  return typeof value === "object" && value !== null && "getSnapshot" in value && "send" in value;
}
