/**
 * Who the parent of an actor is: nobody, for a consumer that a program runs by itself, or an actor of the orchestrator.
 * Consumers and workers are started through it, so that they need not know.
 *
 * @module
 */

import { type ActorRefFrom, type AnyActorLogic, createActor, type InputFrom } from "xstate";

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

/**
 * A host whose actors have no parent.
 *
 * @param inspect Observes every transition, as XState's `inspect` does. It must not throw.
 */
export function parentlessHost(inspect: ((event: unknown) => void) | null): ActorHost {
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
      living.set(options.id, actor);
      actor.start();
      return actor as ActorRefFrom<Logic>;
    },
    end(id) {
      living.get(id)?.stop();
      living.delete(id);
    },
  };
}
