/**
 * What actors are called, also those that live no more: frames name them by id alone.
 *
 * @module
 */

import type { LogEntry } from "./recording.ts";
import { isBreak } from "./recording.ts";
import type { Fleet } from "../fleet.ts";
import type { ActorState } from "../format.ts";
import { actorName } from "./log_filter.ts";

/** So many are remembered: those that ended long ago are called by their ids. */
const NAMES_MAX = 50_000;

/** The names. */
export class ActorNames {
  readonly #actors = new Map<string, Pick<ActorState, "name" | "machine" | "place">>();
  readonly #names = new Map<string, string>();

  /** Takes what the log got, and the fleet. */
  take(lines: readonly LogEntry[], fleet: Fleet | null): void {
    for (const line of lines) {
      if (!isBreak(line) && line.type !== "transition") this.#note(line.actor);
    }
    if (this.#actors.size >= (fleet?.size ?? 0)) return;
    for (const actor of fleet?.values() ?? []) this.#note(actor);
  }

  /** What an actor is called; its id where nothing else is known. */
  of(id: string): string {
    return this.#names.get(id) ?? id;
  }

  /** What its machine is called, and what it works for. */
  about(id: string): Pick<ActorState, "name" | "machine" | "place"> | undefined {
    return this.#actors.get(id);
  }

  /** Forgets all. */
  clear(): void {
    this.#actors.clear();
    this.#names.clear();
  }

  #note(actor: ActorState): void {
    const { id, name, machine, place } = actor;
    if (this.#actors.has(id)) return;
    if (this.#actors.size >= NAMES_MAX) this.clear();
    this.#actors.set(id, { name, machine, place });
    this.#names.set(id, actorName(actor));
  }
}
