/**
 * Everybody who looks at the actors of one consumer or one service, and every actor there that has no parent. Observers
 * come and go while actors come and go: each of them is brought together with each of these, whoever was there first.
 *
 * @module
 */

import type { ActorObserver, ActorPlace } from "../ports/actor_observer.ts";

/** An observer and what it looks at: by root, how that is ended. */
interface Look {
  readonly observer: ActorObserver;
  readonly ends: Map<unknown, () => void>;
}

/** Brings observers and actors together. No observer can harm an actor: what one throws is passed over. */
export class Onlookers {
  readonly #looks = new Set<Look>();
  readonly #roots = new Map<unknown, ActorPlace | null>();

  /**
   * Lets an observer look at all actors, those that live and those to come.
   *
   * @returns Ends it. Idempotent.
   */
  add(observer: ActorObserver): () => void {
    const look: Look = { observer, ends: new Map() };
    this.#looks.add(look);
    for (const [root, place] of this.#roots) begin(look, { root, place });
    return () => {
      this.#looks.delete(look);
      for (const root of [...look.ends.keys()]) end(look, root);
    };
  }

  /** An actor without a parent is about to start. @param place What it works for, `null` where it says so itself. */
  begin(root: unknown, place: ActorPlace | null): void {
    this.#roots.set(root, place);
    for (const look of [...this.#looks]) begin(look, { root, place });
  }

  /** It has ended. Idempotent. */
  end(root: unknown): void {
    this.#roots.delete(root);
    for (const look of [...this.#looks]) end(look, root);
  }
}

function begin(
  { observer, ends }: Look,
  { root, place }: { readonly root: unknown; readonly place: ActorPlace | null },
): void {
  try {
    ends.set(root, observer.attach(root, place));
  } catch {
    // An observer that cannot look sees nothing: that is its own loss.
  }
}

function end({ ends }: Look, root: unknown): void {
  const detach = ends.get(root);
  ends.delete(root);
  try {
    detach?.();
  } catch {
    // It looks no more, whatever it says.
  }
}
