/**
 * A service that is about to be stopped: one orchestrator on a clock that only moves when it is told to, so that how
 * long its end takes is measured exactly, and a broker that can fall silent; and a heir for what it hands back.
 *
 * @module
 */

import { type Broker, StreamProducer } from "../../mod.ts";
import { Orchestrator } from "../../src/orchestrator/orchestrator.ts";
import type { OrchestratorOptions } from "../../src/orchestrator/orchestrator_options.ts";
import type { ConsumerPlan } from "../../src/orchestrator/plan.ts";
import { eventually } from "./eventually.ts";
import { type Fault, faultyBroker, silence } from "./faulty_broker.ts";
import { settle, VirtualClock } from "./virtual_clock.ts";

/** How long handlers may go on. */
export const GRACE_MS = 400;

/** How far the clock moves at once. */
export const STEP_MS = 20;

/** What is published. */
export const JOBS = [1, 2, 3];

/** One orchestrator with one consumer of a stream of its own. */
export class StoppableService {
  readonly clock = new VirtualClock();
  readonly orchestrator: Orchestrator;
  /** From then on the broker answers nothing. */
  isSilent = false;

  constructor(
    broker: Broker,
    readonly stream: string,
    { fault = () => {}, plans = [{}], ...options }: Partial<OrchestratorOptions> & {
      readonly fault?: Fault;
      readonly plans?: readonly Partial<ConsumerPlan>[];
    },
  ) {
    const keepSilent: Fault = async () => {
      if (this.isSilent) await silence();
    };
    const faulty = faultyBroker(broker, {
      before: async (call) => {
        await keepSilent(call);
        await fault(call);
      },
      after: keepSilent,
    });
    const pace = { leaseMs: 60_000, blockMs: 20, graceMs: GRACE_MS, handler: () => {} };
    this.orchestrator = new Orchestrator({
      broker: faulty,
      clock: this.clock,
      consumers: plans.map((plan) => ({ stream, group: "workers", ...pace, ...plan })),
      ...options,
    });
  }

  /** The states of its consumers. */
  get states(): string[] {
    return this.orchestrator.facts().map(({ state }) => state);
  }

  async publish(broker: Broker): Promise<void> {
    const producer = new StreamProducer({ broker, stream: this.stream });
    await producer.publishMany(JOBS.map((data) => ({ type: "job", data })));
  }

  /** Moves the clock until something holds. @returns by how much. */
  async until(what: string, holds: () => boolean): Promise<number> {
    const begunMs = this.clock.nowMs();
    await eventually(
      `${this.stream}: ${what}, not ${this.states} ${this.orchestrator.state}`,
      async () => {
        await settle();
        if (holds()) return true;
        await this.clock.advance(STEP_MS);
        return holds();
      },
    );
    return this.clock.nowMs() - begunMs;
  }

  /** Stops. @returns how long it took. */
  async stop(options?: { readonly now?: boolean }): Promise<number> {
    let isOver = false;
    const stopped = this.orchestrator.stop(options).then(() => isOver = true);
    const tookMs = await this.until("it has stopped", () => isOver);
    await stopped;
    return tookMs;
  }
}

/** What another process handles, which gets nothing by waiting for a lease. */
export async function inherit(
  broker: Broker,
  { stream }: StoppableService,
): Promise<unknown[]> {
  const handled: unknown[] = [];
  const heir = new Orchestrator({
    broker,
    consumers: [{
      stream,
      group: "workers",
      consumer: "heir",
      leaseMs: 60_000,
      blockMs: 20,
      handler: (event) => void handled.push(event.data),
    }],
  });
  await heir.start();
  await eventually(`the heir of ${stream} has all`, async () => {
    const [group] = await broker.listGroups(stream);
    return group?.pendingCount === 0 && group.lag === 0;
  });
  await heir.stop();
  return handled;
}
