/**
 * A simulation: real orchestrators, machines and pools of several processes over one embedded broker in memory, on a
 * virtual clock and with repeatable chance, while everything goes wrong that the plan says. Nothing of the product is
 * modelled: what fails here fails outside.
 *
 * @module
 */

import { openSqliteBroker } from "../brokers/sqlite/sqlite_broker.ts";
import { explain } from "../telemetry/explain.ts";
import { checkPlan } from "./check_plan.ts";
import type { Plan } from "./plan.ts";
import { Publisher } from "./publisher.ts";
import { SeededRandom } from "./seeded_random.ts";
import { SimulatedProcess } from "./simulated_process.ts";
import type { SimulationHooks, SimulationResult } from "./simulation_result.ts";
import { Stage } from "./staged_handler.ts";
import { Strikes } from "./strikes.ts";
import { isFinished, survey } from "./survey.ts";
import { settle } from "./virtual_clock.ts";
import { World } from "./world.ts";

/** After all that has a time, faults that wait for a call strike for so long, in ms. */
const ARMED_MS_MAX = 3_000;

/** How often it is looked whether a group has nobody left who could work, in ms. */
const REPAIR_MS = 2_000;

/** Beyond the longest grace, all processes must have stopped after so long, in ms. */
const STOP_MS_MAX = 5_000;

/**
 * Runs a plan to its end: until everything is finished after the last fault, or the plan's bound is over.
 *
 * @param plan What happens.
 * @param options `hooks`: who looks on.
 * @returns What was seen and what is left. The same for the same plan, but for what hooks change.
 * @throws {InvalidOptionError} When the plan cannot be run.
 * @throws {EndlessLoopError} When something goes round without end while no time passes.
 */
export async function simulatePlan(
  plan: Plan,
  options: { readonly hooks?: SimulationHooks } = {},
): Promise<SimulationResult> {
  checkPlan(plan);
  const { hooks = {} } = options;
  const world = new World(plan, hooks);
  const { brokerClock: clock } = world;
  const random = new SeededRandom(plan.seed, "broker");
  await using broker = await openSqliteBroker({ path: ":memory:", clock, random });
  world.broker = hooks.wrapBroker?.(broker, clock) ?? broker;
  return await new Simulation(world).run();
}

class Simulation {
  readonly #world: World;
  readonly #publisher: Publisher;
  readonly #strikes: Strikes;
  readonly #processes: readonly SimulatedProcess[];
  #isEnding = false;

  constructor(world: World) {
    this.#world = world;
    const { plan, hooks: { fieldsOf } } = world;
    this.#publisher = new Publisher(world, fieldsOf);
    this.#strikes = new Strikes(world, this.#publisher);
    const stage = new Stage(plan.entries);
    this.#processes = plan.processes.map((each) =>
      new SimulatedProcess({
        ...{ world, plan: each, stage },
        numberOf: ({ stream, id }) => this.#publisher.entryOf(stream, id)?.number ?? -1,
        onCall: (method, nth) => this.#strikes.onCall(each.process, method, nth),
        onAttempt: (attempt) => this.#strikes.onAttempt(each.process, attempt),
      })
    );
  }

  async run(): Promise<SimulationResult> {
    const { trace, plan } = this.#world;
    for (const process of this.#processes) {
      this.#world.later(process.plan.startsAtMs, () => process.start());
    }
    this.#publisher.begin();
    this.#strikes.begin(this.#processes);
    await this.#runUntil(() => !this.#world.isBusy && this.#publisher.isDone);
    // Those that wait for a call or an attempt may strike as long as there is something to do, but not for ever.
    await this.#runUntilFinished(trace.atMs + ARMED_MS_MAX);
    await this.#runUntil(() => !this.#world.isBusy);
    this.#strikes.end();
    trace.note(null, { kind: "faultsOver" });
    const overMs = trace.atMs;
    this.#world.isChanged = true;
    this.#repair();
    const finished = await this.#runUntilFinished(overMs + plan.finishMsMax);
    const finishedMs = finished ? trace.atMs - overMs : null;
    if (finished) trace.note(null, { kind: "finished" });
    const stuck = [...finished ? [] : this.#stuck(), ...await this.#stopAll()];
    const { broker } = this.#world;
    const data = await survey(broker, { plan, publisher: this.#publisher });
    await this.#world.hooks.onEnd?.(broker);
    const { happenings } = trace;
    return { happenings, traceHash: trace.hash(), data, finishedMs, stuck };
  }

  async #runUntilFinished(endMs: number): Promise<boolean> {
    const { trace, broker, plan } = this.#world;
    let finished = false;
    this.#wakeAt(endMs);
    await this.#runUntil(async () => {
      if (this.#world.isChanged) {
        this.#world.isChanged = false;
        finished = await isFinished(broker, plan);
      }
      return finished || trace.atMs >= endMs;
    });
    return finished;
  }

  /** Lets time get there also when nobody is left who waits for anything. */
  #wakeAt(atMs: number): void {
    this.#world.clock.after(atMs - this.#world.trace.atMs, () => {});
  }

  /** Lets time go on until a condition holds. */
  async #runUntil(isDone: () => boolean | Promise<boolean>): Promise<void> {
    const { clock, hooks } = this.#world;
    for (;;) {
      await settle();
      const busy = hooks.untilQuiet?.() ?? null;
      if (busy !== null) {
        await busy;
        continue;
      }
      const { defect } = this.#world;
      if (defect !== null) throw defect;
      const done = isDone();
      if (done === true || (done !== false && await done)) return;
      if (!clock.step()) throw new Error("Cannot go on: nothing waits for anything");
      this.#world.instant.timerRan();
    }
  }

  /**
   * Starts a process where a group has nobody left: all are dead for good, or have given up. Outside, somebody would do
   * the same; but nobody would while others can still do the work.
   */
  #repair(): void {
    if (this.#isEnding) return;
    this.#world.clock.after(REPAIR_MS, () => this.#repair());
    const needed = new Set<SimulatedProcess>();
    for (const { stream, group } of this.#world.plan.groups) {
      const isOf = (each: { readonly stream: string; readonly group: string }) =>
        each.stream === stream && each.group === group;
      const able = this.#processes.filter(({ plan }) => plan.members.some(isOf));
      const isAttended = able.some((process) =>
        process.isRunning && (process.isStopping ||
          process.facts().some((facts) => isOf(facts) && !isOutOfWork(facts.supervision)))
      );
      const [first] = able;
      if (!isAttended && first !== undefined) needed.add(first);
    }
    for (const process of needed) this.#restart(process);
  }

  #restart(process: SimulatedProcess): void {
    if (process.isRunning) process.stop(true);
    else process.start(true);
  }

  /** Who waits for what. */
  #stuck(): string[] {
    return this.#processes.flatMap((process) => {
      if (!process.isRunning) return [`${process.name} does not run`];
      return process.facts().map((facts) =>
        `${process.name}: ${facts.consumer} of ${facts.stream}/${facts.group} is ${facts.state}: ` +
        explain(facts).text
      );
    });
  }

  /** @returns who has not stopped in time. */
  async #stopAll(): Promise<string[]> {
    const { trace, plan } = this.#world;
    this.#isEnding = true;
    for (const process of this.#processes) process.stop(false);
    const graces = plan.processes.flatMap(({ members }) => members.map(({ graceMs }) => graceMs));
    const endMs = trace.atMs + Math.max(0, ...graces) + STOP_MS_MAX;
    this.#wakeAt(endMs);
    await this.#runUntil(() =>
      this.#processes.every(({ isRunning }) => !isRunning) || trace.atMs >= endMs
    );
    return this.#processes.filter(({ isRunning }) => isRunning)
      .map(({ name }) => `${name} did not stop`);
  }
}

function isOutOfWork(supervision: string): boolean {
  return supervision === "failed" || supervision === "stopped";
}
