/**
 * What a service consists of besides its broker, and how all of it ends together: within the grace and a second, whatever
 * a client, a run or the broker does.
 *
 * The order of the end:
 *
 * 1. HTTP takes no more requests, and those who follow live are let go; they come back to another process. Only the
 *    inspector's pages that look at this one go on, and are told its end.
 * 2. Runs may go on until the grace is over, and are cancelled then; consumers finish what runs, as they do without HTTP.
 * 3. Who looks at this process from another one sees it end, and is let go when the grace is over at the latest.
 * 4. What runs told last is stored, if the broker takes it; if not, another process marks them `interrupted`.
 *
 * @module
 */

import { within } from "../consumer/timers.ts";
import type { Orchestrator } from "../orchestrator/orchestrator.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { RunManager } from "../runs/run_manager.ts";
import type { HttpService } from "./http_service_options.ts";
import type { Inspector } from "./inspector_options.ts";

/** Code that hears that it was cancelled needs milliseconds. */
const CANCEL_MS = 200;

/** One write, and another try. */
const STORE_MS = 400;

/** Whoever looks on is told the end within so long after the grace, in ms; requests get as long. */
const FAREWELL_MS = 600;

/** What the end of runs and HTTP may take after the grace, in ms: less than the promised second. */
const END_MS_MAX = 800;

/** The parts that are told to a {@linkcode ServiceParts}; `null` for what is not configured. */
export interface ServicePartsOptions {
  /** Who executes runs and looks after them. */
  readonly runs: RunManager | null;
  /** Who keeps the consumers running. */
  readonly consumers: Orchestrator | null;
  /** Who shows what they do. */
  readonly inspector: Inspector | null;
  /** How long they may go on, in ms. */
  readonly graceMs: number;
  /** Time; for tests. */
  readonly clock?: Clock;
}

/** The parts of a service. */
export class ServiceParts {
  /** Who serves, `null` for nobody; it comes last, because it shows the others. */
  http: HttpService | null = null;
  readonly #options: ServicePartsOptions;
  #ended: Promise<void> | null = null;

  /** @param options The other parts. */
  constructor(options: ServicePartsOptions) {
    this.#options = options;
  }

  /** Who executes runs, `null` for nobody. */
  get runs(): RunManager | null {
    return this.#options.runs;
  }

  /** Who keeps the consumers running, `null` for nobody. */
  get consumers(): Orchestrator | null {
    return this.#options.consumers;
  }

  /** Who shows what they do, `null` for nobody. */
  get inspector(): Inspector | null {
    return this.#options.inspector;
  }

  /** Whether they were told to end. */
  get isEnding(): boolean {
    return this.#ended !== null;
  }

  /**
   * Ends all parts side by side. Idempotent.
   *
   * @returns When they have ended, at the latest a second after the grace. Never rejects because of one of them.
   */
  end(): Promise<void> {
    return this.#ended ??= this.#end();
  }

  async #end(): Promise<void> {
    const { runs, consumers, inspector, graceMs, clock = systemClock } = this.#options;
    const served = inspector === null
      ? this.http?.close({ graceMs })
      : this.http?.close({ graceMs: graceMs + FAREWELL_MS, letsEnd: true });
    const executed = runs?.stop({ graceMs, cancelMs: CANCEL_MS, storeMs: STORE_MS });
    const handled = consumers?.stop();
    const shown = within(clock, graceMs, Promise.allSettled([handled]))
      .then(() => inspector?.close());
    await Promise.allSettled([
      within(clock, graceMs + END_MS_MAX, Promise.allSettled([served, executed, shown])),
      handled,
    ]);
  }
}
