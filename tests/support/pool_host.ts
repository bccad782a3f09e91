/**
 * A host that knows its living actors and tells what became of each, in words.
 *
 * @module
 */

import type { ActorRefFrom, AnyActorLogic, InputFrom } from "xstate";
import { type ActorHost, parentlessHost } from "../../src/workers/actor_host.ts";

/** A host under a test's eyes. */
export class WatchedHost implements ActorHost {
  readonly #host = parentlessHost(null);
  readonly #living = new Map<string, { getSnapshot(): unknown }>();
  /** Every state that an actor was seen in, oldest first, such as `worker-1 busy`. */
  story: string[] = [];

  /** The ids of the living actors. */
  get ids(): string[] {
    return [...this.#living.keys()];
  }

  /** What happened since the last look. */
  look(): string[] {
    const seen = this.story;
    this.story = [];
    return seen;
  }

  /** What an actor remembers. */
  contextOf(id: string): unknown {
    const snapshot = this.#living.get(id)?.getSnapshot();
    return typeof snapshot === "object" && snapshot !== null && "context" in snapshot
      ? snapshot.context
      : undefined;
  }

  start<Logic extends AnyActorLogic>(
    logic: Logic,
    options: { readonly id: string; readonly input: InputFrom<Logic> },
  ): ActorRefFrom<Logic> {
    if (this.#living.has(options.id)) throw new Error(`${options.id} lives already`);
    const actor = this.#host.start<AnyActorLogic>(logic, options);
    this.#living.set(options.id, actor);
    this.story.push(`${options.id} hired`);
    actor.subscribe((snapshot: unknown) => this.story.push(`${options.id} ${inWords(snapshot)}`));
    return actor as ActorRefFrom<Logic>;
  }

  end(id: string): void {
    this.#host.end(id);
    this.#living.delete(id);
  }
}

function inWords(snapshot: unknown): string {
  if (typeof snapshot !== "object" || snapshot === null || !("value" in snapshot)) return "?";
  const { value } = snapshot;
  const context = "context" in snapshot ? snapshot.context : null;
  const hasEntry = typeof context === "object" && context !== null && "entryId" in context;
  return [value, hasEntry ? context.entryId : null].filter((word) => word !== null).join(" ");
}
