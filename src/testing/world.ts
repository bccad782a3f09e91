/**
 * The world of a simulation: what all of its processes share, which is time, the broker with its own clock, what goes
 * wrong, and the trace.
 *
 * @module
 */

import type { Broker } from "../ports/broker.ts";
import { ClockView } from "./clock_view.ts";
import type { Happening } from "./happening.ts";
import { Instant } from "./instant.ts";
import type { Plan } from "./plan.ts";
import type { SimulationHooks } from "./simulation_result.ts";
import { Trace } from "./trace.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** When a simulation begins, in ms since 1970. It only has to look like a time in an entry id. */
const START_MS = 1_700_000_000_000;

/** What all processes of a simulation share. */
export class World {
  /** What is to be done. */
  readonly plan: Plan;
  /** Who looks on. */
  readonly hooks: SimulationHooks;
  /** When it begins, in ms since 1970. */
  readonly startMs = START_MS;
  /** The time. */
  readonly clock = new VirtualClock(START_MS);
  /** The broker's clock. */
  readonly brokerClock = new ClockView(this.clock);
  /** What happens. */
  readonly trace: Trace;
  /** How much happens at the present instant. */
  readonly instant: Instant;
  /** Whether nobody reaches the broker. */
  isDown = false;
  /** Whether the data of the broker may have changed since somebody last looked whether everything is finished. */
  isChanged = false;
  /** What went wrong with the simulation itself. */
  defect: unknown = null;
  #broker: Broker | null = null;
  #calls = 0;
  #laterCount = 0;
  readonly #counts = new Map<string, number>();

  /**
   * @param plan What is to be done.
   * @param hooks Who looks on.
   */
  constructor(plan: Plan, hooks: SimulationHooks) {
    this.plan = plan;
    this.hooks = hooks;
    this.trace = new Trace(this.clock, hooks.onHappening);
    this.instant = new Instant(this.clock, plan.entries.length * plan.groups.length);
  }

  /** The broker underneath all faults. */
  get broker(): Broker {
    if (this.#broker === null) throw new Error("Cannot use the broker: it is not open yet");
    return this.#broker;
  }

  /** Gives it its broker. */
  set broker(broker: Broker) {
    this.#broker = broker;
  }

  /** Whether something that went wrong lasts, or is to begin: what falls due at one instant is done one by one. */
  get isBusy(): boolean {
    return this.#laterCount > 0;
  }

  /** The number of a new call. */
  nextCall(): number {
    return ++this.#calls;
  }

  /** Counts something that a process does, over all its lives. @returns which one it is, from 1. */
  count(process: string, what: string): number {
    const name = `${process} ${what}`;
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    return nth;
  }

  /** Does something later, whatever becomes of the processes; the faults are not over before. */
  later(delayMs: number, act: () => void): void {
    this.#laterCount++;
    this.clock.after(delayMs, () => {
      this.#laterCount--;
      act();
    });
  }

  /** Tells those who look on of a call that was applied. */
  applied(happening: Happening): void {
    this.isChanged = true;
    const told = this.hooks.onApplied?.(happening, this.broker);
    told?.catch((error: unknown) => this.fail(error));
  }

  /** The simulation itself cannot go on. */
  fail(error: unknown): void {
    this.defect ??= error ?? new Error("The simulation failed without an error");
  }
}
