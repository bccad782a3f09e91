/**
 * The handler of a simulation: it does with each entry what the plan says.
 *
 * @module
 */

import type { Event } from "../domain/event.ts";
import type { Clock } from "../ports/clock.ts";
import type { HandlerContext, HandlerFunction } from "../workers/handler.ts";
import { type Behaviour, type EntryPlan, type MemberPlan, outputsOf } from "./plan.ts";

/** What happens to be thrown by entries that fail. */
export class StagedFailure extends Error {
  /** It is called after its class. */
  override readonly name = "StagedFailure";
}

/** What the handlers of all processes know, as they would by the data itself. */
export class Stage {
  readonly #behaviours: ReadonlyMap<number, Behaviour>;
  /** Which entries were left for later, by group: a real handler would see it by the time. */
  readonly #deferred = new Set<string>();

  /** @param entries What is to be done with each. */
  constructor(entries: readonly EntryPlan[]) {
    this.#behaviours = new Map(entries.map(({ number, behaviour }) => [number, behaviour]));
  }

  /** Makes the handler of a consumer. @param clock Of its process. */
  handlerFor(member: MemberPlan, clock: Clock): HandlerFunction {
    return (event, context) => {
      const number = numberOf(event);
      const behaviour = this.#behaviours.get(number);
      if (behaviour === undefined) throw new StagedFailure(`nothing is planned for ${number}`);
      return this.#perform(behaviour, { event, context, member, clock, number });
    };
  }

  #perform(behaviour: Behaviour, scene: Scene): void | Promise<void> {
    const { context } = scene;
    switch (behaviour.kind) {
      case "handled":
        return publish(scene, behaviour.outputs);
      case "failing":
        if (context.attempt <= behaviour.failures) throw new StagedFailure("it fails for now");
        return publish(scene, behaviour.outputs);
      case "poison":
        throw new StagedFailure("it always fails");
      case "slow":
      case "deaf":
        return this.#takeTime(behaviour, scene);
      case "deferring":
        if (this.#isFirst(scene)) return context.defer(behaviour.deferMs);
        return publish(scene, behaviour.outputs);
      case "refused":
        return context.deadLetter("it was refused");
      case "malformed":
        throw new StagedFailure("a malformed entry came to a handler");
    }
  }

  async #takeTime(
    behaviour: Extract<Behaviour, { readonly kind: "slow" | "deaf" }>,
    scene: Scene,
  ): Promise<void> {
    const { context: { signal }, clock } = scene;
    await new Promise<void>((resolve, reject) => {
      const timer = clock.after(behaviour.slowMs, resolve);
      if (behaviour.kind === "deaf") return;
      signal.addEventListener("abort", () => {
        timer.cancel();
        reject(signal.reason);
      }, { once: true });
    });
    publish(scene, behaviour.outputs);
  }

  #isFirst({ member: { stream, group }, event: { id } }: Scene): boolean {
    const name = JSON.stringify([stream, group, id]);
    if (this.#deferred.has(name)) return false;
    this.#deferred.add(name);
    return true;
  }
}

interface Scene {
  readonly event: Event;
  readonly context: HandlerContext;
  readonly member: MemberPlan;
  readonly clock: Clock;
  readonly number: number;
}

function publish({ context, member, event, number }: Scene, outputs: number): void {
  for (let part = 0; part < outputs; part++) {
    context.publish(outputsOf(member), { type: "out", key: event.key, data: { number, part } });
  }
}

/** The number of an entry in its plan; -1 where it has none. */
export function numberOf({ data }: Pick<Event, "data">): number {
  const number: unknown = typeof data === "object" && data !== null && "number" in data
    ? data.number
    : undefined;
  return typeof number === "number" ? number : -1;
}
