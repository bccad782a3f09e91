/**
 * That whoever is told to pause begins nothing more (I12).
 *
 * @module
 */

import type { Fault } from "../../../src/testing/fault.ts";
import type { Happening } from "../../../src/testing/happening.ts";
import type { Plan } from "../../../src/testing/plan.ts";
import type { Invariant } from "./invariant.ts";

/** A commit that is under way when the pause is asked for comes first. */
const UNDER_WAY_MS = 1_000;

/** I12 */
export const pausesAreSilent: Invariant = {
  name: "I12",
  wording: "Pause: a second after a process was told to pause, faults not counted, it begins " +
    "nothing but what it had begun before, until it is told to go on or starts anew.",
  breaches: ({ happenings, plan }) => {
    if (!plan.faults.some(({ kind }) => kind === "operatorPause")) return [];
    const pauses = new Pauses(plan);
    return happenings.flatMap((happening) => pauses.note(happening));
  },
};

/** Follows who is paused, and what each process has begun. */
class Pauses {
  readonly #faults: Plan["faults"];
  readonly #pausedMs = new Map<string, number>();
  readonly #begun = new Map<string, Set<string>>();
  /** Until when a fault may delay what was asked for. */
  #troubledMs = 0;

  constructor({ faults }: Plan) {
    this.#faults = faults;
  }

  /** @returns what is wrong with it. */
  note(happening: Happening): string[] {
    const { process, atMs } = happening;
    if (happening.kind === "faultStruck") this.#struck(this.#faults[happening.fault], atMs);
    if (happening.kind === "faultOver") this.#over(this.#faults[happening.fault], atMs);
    if (happening.kind === "callAnswered" && happening.thrown !== null) this.#trouble(atMs);
    if (process === null) return [];
    if (happening.kind === "processStarted") {
      this.#pausedMs.delete(process);
      this.#begun.delete(process);
    }
    return happening.kind === "handlerBegan" ? this.#began(happening, process) : [];
  }

  #began(
    { stream, group, id, atMs, attempt }: Extract<Happening, { kind: "handlerBegan" }>,
    process: string,
  ): string[] {
    const begun = this.#begun.get(process) ?? new Set();
    this.#begun.set(process, begun);
    const name = JSON.stringify([stream, group, id]);
    const isNew = attempt === 1 && !begun.has(name);
    begun.add(name);
    const sinceMs = this.#pausedMs.get(process);
    if (sinceMs === undefined || !isNew) return [];
    if (atMs <= Math.max(sinceMs, this.#troubledMs) + UNDER_WAY_MS) return [];
    return [`${id} of ${stream} was begun by ${process} at ${atMs}, paused since ${sinceMs}`];
  }

  #struck(fault: Fault | undefined, atMs: number): void {
    if (fault?.kind === "operatorPause") {
      if (!this.#pausedMs.has(fault.process)) this.#pausedMs.set(fault.process, atMs);
    } else if (fault !== undefined) {
      const lastsMs = "forMs" in fault
        ? fault.forMs
        : "call" in fault && "byMs" in fault
        ? fault.byMs
        : 0;
      this.#trouble(atMs + lastsMs);
    }
  }

  #over(fault: Fault | undefined, atMs: number): void {
    if (fault?.kind === "operatorPause") this.#pausedMs.delete(fault.process);
    else this.#trouble(atMs);
  }

  #trouble(untilMs: number): void {
    this.#troubledMs = Math.max(this.#troubledMs, untilMs);
  }
}
