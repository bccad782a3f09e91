/**
 * The trace of a simulation: everything that happened, in order, and its hash.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { Happening, Sight } from "./happening.ts";

/** Keeps what happens. */
export class Trace {
  /** All of it, in order. */
  readonly happenings: Happening[] = [];
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #onHappening: ((happening: Happening) => void) | undefined;

  /**
   * @param clock The time that all share; it begins now.
   * @param onHappening Told of each.
   */
  constructor(clock: Clock, onHappening?: (happening: Happening) => void) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
    this.#onHappening = onHappening;
  }

  /** The time since the beginning, in ms. */
  get atMs(): number {
    return this.#clock.nowMs() - this.#startMs;
  }

  /** Keeps one. @param process Where it was seen, `null` for outside of all. @returns it with its time. */
  note(process: string | null, sight: Sight): Happening {
    const happening: Happening = { atMs: this.atMs, process, ...sight };
    this.happenings.push(happening);
    this.#onHappening?.(happening);
    return happening;
  }

  /** The hash of all that was kept, in hexadecimal. */
  hash(): string {
    return createHash("sha256").update(JSON.stringify(this.happenings)).digest("hex");
  }
}
