/**
 * The charts of the machines that run, each kept once, and the names of their transitions.
 *
 * @module
 */

import { type AnyStateMachine, type AnyTransitionDefinition, StateMachine } from "xstate";
import { chartHash } from "./chart/chart_hash.ts";
import { chartOf } from "./chart/chart_of.ts";
import { memberOf, UNREADABLE } from "./capture.ts";
import type { Definition } from "./format.ts";

/** A program has a handful of machines; one that makes them without end must not fill the memory. */
const DEFINITIONS_MAX = 200;

/** What is known of an actor's logic. */
export interface LogicFacts {
  /** The machine's id, or the name of what is no machine. */
  readonly machine: string;
  /** The hash of its chart; `null` for what is no machine, and beyond 200 machines. */
  readonly definition: string | null;
}

/** The definitions of one recorder. */
export class Definitions {
  readonly #byHash = new Map<string, Definition>();
  /** By the object that a machine was written as: every copy made by `provide` has the same one. */
  readonly #hashes = new WeakMap<object, string>();
  readonly #edges = new WeakMap<object, string>();

  /** What is known of an actor's logic. Never throws. */
  factsOf(actor: unknown): LogicFacts {
    const logic = memberOf(actor, "logic");
    try {
      if (logic instanceof StateMachine) {
        return { machine: logic.id, definition: this.#hashOf(logic) };
      }
    } catch {
      return { machine: UNREADABLE, definition: null };
    }
    const source = memberOf(actor, "src");
    return { machine: typeof source === "string" ? source : "(no machine)", definition: null };
  }

  /** The definition with a hash. */
  get(hash: string): Definition | undefined {
    return this.#byHash.get(hash);
  }

  /** The id of a transition in its chart, `""` when it has none. Never throws. */
  edgeOf(transition: AnyTransitionDefinition): string {
    const known = this.#edges.get(transition);
    if (known !== undefined) return known;
    try {
      const { source } = transition;
      for (const [event, all] of [["", source.always ?? []] as const, ...source.transitions]) {
        all.forEach((each, index) => this.#edges.set(each, `${source.id}/${event}/${index}`));
      }
      return this.#edges.get(transition) ?? "";
    } catch {
      return "";
    }
  }

  #hashOf(machine: AnyStateMachine): string | null {
    const known = this.#hashes.get(machine.config);
    if (known !== undefined) return known;
    if (this.#byHash.size >= DEFINITIONS_MAX) return null;
    const chart = chartOf(machine);
    const hash = chartHash(chart);
    this.#byHash.set(hash, { type: "definition", hash, chart });
    this.#hashes.set(machine.config, hash);
    return hash;
  }
}
