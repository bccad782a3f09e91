/**
 * Who the parent of an actor is: nobody, for a consumer that a program runs by itself, or an actor of the orchestrator.
 * Consumers and workers are started through it, so that they need not know.
 *
 * @module
 */

import { type ActorRefFrom, type AnyActorLogic, createActor, type InputFrom } from "xstate";
import type { ActorPlace } from "../ports/actor_observer.ts";
import type { Onlookers } from "./onlookers.ts";

/** Starts actors. */
export interface ActorHost {
  /**
   * Starts an actor.
   *
   * @param logic What it does.
   * @param options `id`: unlike that of every other living actor of this host; `input`: what it is started with.
   * @returns It, started.
   */
  start<Logic extends AnyActorLogic>(
    logic: Logic,
    options: { readonly id: string; readonly input: InputFrom<Logic> },
  ): ActorRefFrom<Logic>;

  /** Takes an actor out, and stops it if it has not ended. Idempotent. */
  end(id: string): void;
}

/** Who is told of the actors of a host. */
export interface HostSight {
  /** Those who look on. */
  readonly onlookers: Onlookers;
  /** What the actors work for, asked when one starts. */
  readonly place: () => ActorPlace | null;
}

/**
 * A host whose actors have no parent.
 *
 * @param inspect Observes every transition, as XState's `inspect` does. It must not throw.
 * @param sight Who is told of its actors. Default: nobody.
 */
export function parentlessHost(
  inspect: ((event: unknown) => void) | null,
  sight: HostSight | null = null,
): ActorHost {
  const living = new Map<string, { stop(): unknown }>();
  return {
    start<Logic extends AnyActorLogic>(
      logic: Logic,
      options: { readonly id: string; readonly input: InputFrom<Logic> },
    ) {
      const actor = createActor<AnyActorLogic>(logic, {
        ...options,
        ...(inspect === null ? {} : { inspect }),
      });
      actor.subscribe({ error: () => {} }); // told to its owner's own listener; unobserved, it would end the process
      sight?.onlookers.end(living.get(options.id)); // whoever had this name has ended
      living.set(options.id, actor);
      sight?.onlookers.begin(actor, sight.place());
      actor.start();
      return actor as ActorRefFrom<Logic>;
    },
    end(id) {
      const actor = living.get(id);
      actor?.stop();
      living.delete(id);
      sight?.onlookers.end(actor);
    },
  };
}
