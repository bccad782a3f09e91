/**
 * What is told of runs in which nothing was found.
 *
 * @module
 */

import type { FaultKind } from "./fault.ts";
import type { HandlerRunResult } from "./handler_run.ts";

/** What was simulated, when no promise was broken. */
export interface SimulationReport {
  /** The seed of the first run. */
  readonly seed: number;
  /** How many runs with faults there were. */
  readonly runs: number;
  /** How often a handler was run, in all of them. */
  readonly attempts: number;
  /** How often it was run on an event again. */
  readonly repeatedAttempts: number;
  /** How often a process was killed. */
  readonly crashes: number;
  /** How often what went wrong. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
}

/** Counts over all runs. */
export class Tally {
  readonly #faults: Partial<Record<FaultKind, number>> = {};
  #attempts = 0;
  #repeated = 0;
  #crashes = 0;

  /** Counts one. */
  add({ attempts, happenings }: HandlerRunResult): void {
    this.#attempts += attempts;
    const begun = new Set<number>();
    for (const happening of happenings) {
      if (happening.kind === "processCrashed") this.#crashes++;
      if (happening.kind === "faultStruck") {
        this.#faults[happening.name] = (this.#faults[happening.name] ?? 0) + 1;
      }
      if (happening.kind !== "handlerBegan") continue;
      if (begun.has(happening.number)) this.#repeated++;
      begun.add(happening.number);
    }
  }

  /** The sums. */
  report(): Omit<SimulationReport, "seed" | "runs"> {
    return {
      attempts: this.#attempts,
      repeatedAttempts: this.#repeated,
      crashes: this.#crashes,
      faults: this.#faults,
    };
  }
}
