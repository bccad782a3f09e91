/**
 * One process of the struck service, as far as the broker can tell: a connection of its own, an orchestrator with one
 * consumer per stream, and what it said.
 *
 * @module
 */

import type { Report } from "../../../mod.ts";
import { Orchestrator } from "../../../src/orchestrator/orchestrator.ts";
import type { ConsumerPlan } from "../../../src/orchestrator/plan.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { HandlerFunction } from "../../../src/workers/handler.ts";
import { LATE_MS } from "../../support/loaded_machine.ts";
import { StoryLog } from "../../support/story_log.ts";
import { pause } from "./carriage.ts";
import { type Layout, LEASE_MS, numberedOf } from "./layout.ts";
import type { PromiseWatch } from "./promises.ts";

/** How long handlers may go on at a stop, in ms. */
export const GRACE_MS = 500;

/** Stop may take so much longer than the grace, in ms (L5); the rest is for a loaded machine. */
const STOP_MS_MAX = GRACE_MS + 1_000 + LATE_MS;

/** What a process is made of. */
export interface StruckProcessOptions {
  readonly name: string;
  /** Its connection, which it closes at its end. */
  readonly broker: Broker;
  readonly layouts: readonly Layout[];
  readonly watch: PromiseWatch;
  /** What its consumers are told beyond the ordinary. */
  readonly plan?: Partial<ConsumerPlan>;
  readonly clock?: Clock;
}

/** A process. */
export class StruckProcess implements AsyncDisposable {
  readonly name: string;
  readonly log = new StoryLog();
  /** What its consumers reported, with the stream. */
  readonly reports: { readonly stream: string; readonly report: Report }[] = [];
  readonly orchestrator: Orchestrator;
  readonly #broker: Broker;
  readonly #watch: PromiseWatch;
  #stopped: Promise<void> | null = null;

  private constructor(options: StruckProcessOptions) {
    const { name, broker, layouts, watch, plan, clock } = options;
    this.name = name;
    this.#broker = broker;
    this.#watch = watch;
    this.orchestrator = new Orchestrator({
      broker: watch.broker(broker),
      log: this.log,
      ...(clock === undefined ? {} : { clock }),
      consumers: layouts.map((layout): ConsumerPlan => ({
        stream: layout.source,
        group: layout.group,
        consumer: name,
        order: layout.order,
        handler: handlerFor(layout),
        workersMax: 4,
        count: 10,
        blockMs: 200,
        leaseMs: LEASE_MS,
        graceMs: GRACE_MS,
        // Entries are handed out again whenever a connection breaks, and that alone must never make a dead letter here.
        deliveriesMax: 100_000,
        onReport: (report) => this.reports.push({ stream: layout.source, report }),
        ...plan,
      })),
    });
  }

  /** Starts it; every consumer reads. */
  static async start(options: StruckProcessOptions): Promise<StruckProcess> {
    const process = new StruckProcess(options);
    try {
      await process.orchestrator.start();
      return process;
    } catch (error) {
      await process[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Lines that a person sees: those of level `debug` are off by default. */
  get linesCount(): number {
    return this.log.lines.filter(({ level }) => level !== "debug").length;
  }

  /** Whether it was told to stop. */
  get isStopped(): boolean {
    return this.#stopped !== null;
  }

  /** Stops it, in time (L5). */
  stop(): Promise<void> {
    this.#stopped ??= this.#watch.watch(this.orchestrator.stop(), {
      what: "stop",
      withinMs: STOP_MS_MAX,
    });
    return this.#stopped;
  }

  /** Stops it and closes its connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#broker[Symbol.asyncDispose]();
  }
}

/** One output for every event, with its key. */
function handlerFor({ outputs }: Layout): HandlerFunction {
  return async ({ key, data }, context) => {
    const { number, handleMs } = numberedOf(data);
    if (handleMs > 0) await pause(handleMs);
    context.publish(outputs, { type: "chaos.output", key, data: { number } });
  };
}
