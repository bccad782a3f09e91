/**
 * When the actors of a crew are told. A transition costs 3 µs, and many a handler takes less; so nothing is told of work
 * that never waits, nor of work that is over when the turn is. Of work that lasts the actors are told after the turn in
 * which it began, and from then on ten times a second at most: who became busy, who goes on with another entry, who is
 * idle. When the whole crew comes to rest they are told at once, so that none shows work that is over. So the cost does
 * not grow with the events, and what is shown is a tenth of a second old at most.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";
import type { CrewMember } from "./crew_member.ts";

/** How long what is shown may be behind, in ms: too short for people to see, long beside most handlers. */
const ROLL_CALL_MS = 100;

/** Tells the actors of one crew. */
export class RollCall {
  readonly #clock: Clock;
  readonly #members: () => Iterable<CrewMember>;
  #timer: Timer | null = null;
  #lastMs = 0;
  /** Whether an actor may know of work. */
  #toldOfWork = false;

  /**
   * @param clock Time.
   * @param members The crew.
   */
  constructor(clock: Clock, members: () => Iterable<CrewMember>) {
    this.#clock = clock;
    this.#members = members;
  }

  /** A turn is over and handlers still run, or one of them that the actors know of has ended. */
  changed(): void {
    if (this.#timer !== null) return;
    const waitedMs = this.#clock.nowMs() - this.#lastMs;
    if (waitedMs >= ROLL_CALL_MS || waitedMs < 0) this.#call();
    else this.#timer = this.#clock.after(ROLL_CALL_MS - waitedMs, () => this.#call());
  }

  /** The whole crew is at rest. */
  atRest(): void {
    this.close();
    if (this.#toldOfWork) this.#call();
  }

  /** Calls no more of its own accord. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #call(): void {
    this.close();
    this.#toldOfWork = false;
    const nowMs = this.#lastMs = this.#clock.nowMs();
    for (const member of this.#members()) {
      member.tellOfWork(nowMs);
      this.#toldOfWork ||= member.isToldOfWork;
    }
  }
}
