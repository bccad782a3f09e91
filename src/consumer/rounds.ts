/**
 * Something that a consumer does again and again for as long as it has a place in its group: one round after the other,
 * each so long after the one before has ended.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";
import type { Membership } from "../ports/consumer_store.ts";

/** The rounds of one consumer. */
export abstract class Rounds {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #timer: Timer | null = null;
  #membership: Membership | null = null;
  #isStopped = false;

  /** @param pace `everyMs`: how long between two rounds, in ms. */
  constructor({ clock, everyMs }: { readonly clock: Clock; readonly everyMs: number }) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Begins, or goes on under a newer membership; not after `stop`: the answer that leads here may come later than it. */
  begin(membership: Membership): void {
    if (this.#isStopped) return;
    this.#membership = membership;
    this.#later(membership);
  }

  /** Makes no round until it begins again. */
  suspend(): void {
    this.#membership = null;
    this.#timer?.cancel();
  }

  /** Ends it for good. */
  stop(): void {
    this.#isStopped = true;
    this.suspend();
  }

  /** Whether rounds are made for this membership: what was asked under another one is answered to nobody. */
  protected isCurrent(membership: Membership): boolean {
    return this.#membership === membership;
  }

  /** One round. Never rejects. */
  protected abstract round(membership: Membership): Promise<void>;

  #later(membership: Membership): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#everyMs, () => {
      this.round(membership).finally(() => {
        if (this.isCurrent(membership)) this.#later(membership);
      });
    });
  }
}
