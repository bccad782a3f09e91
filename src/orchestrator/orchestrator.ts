/**
 * `Orchestrator`: many consumers in one process, each kept running by a supervisor of its own.
 *
 * @module
 */

import { type Actor, createActor } from "xstate";
import { harmlessListener, harmlessLog } from "../consumer/bystander.ts";
import { ClosedError, InvalidOptionError } from "../domain/errors.ts";
import type { PressureLevel } from "../domain/pressure.ts";
import type { ActorObserver } from "../ports/actor_observer.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import { type Log, silentLog } from "../ports/log.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import type { ConsumerFacts } from "../telemetry/consumer_facts.ts";
import type { InstanceRecord } from "../telemetry/instance_record.ts";
import { VERSION } from "../telemetry/version.ts";
import { Onlookers } from "../workers/onlookers.ts";
import { Announcer } from "./announcer.ts";
import { watchGroups } from "./backpressure/watch_groups.ts";
import type { BackpressureMonitor } from "./backpressure/monitor.ts";
import type { PressureChange } from "./backpressure/pressure_change.ts";
import { Nursery } from "./hosting.ts";
import { hostName, instanceName } from "./instance_name.ts";
import { orchestratorMachine } from "./machine.ts";
import { factsOf } from "./member_facts.ts";
import type { Member, OrchestratorEvent, OrchestratorState } from "./orchestrator_events.ts";
import type { ConsumerSelection, OrchestratorOptions } from "./orchestrator_options.ts";
import { OutageStory } from "./outage.ts";
import { checkPlans } from "./plan.ts";
import { resolveSupervision, type SupervisionOptions } from "./restart_policy.ts";
import { Supervision } from "./supervision.ts";

/** Many consumers in one process. */
export class Orchestrator implements AsyncDisposable {
  readonly #options: OrchestratorOptions;
  readonly #supervision: SupervisionOptions;
  readonly #actor: Actor<typeof orchestratorMachine>;
  readonly #started = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #log: Log;
  readonly #outage: OutageStory;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #monitor: BackpressureMonitor;
  readonly #startedAtMs: number;
  readonly #onlookers = new Onlookers();
  /** What this process is called where processes announce themselves. */
  readonly instance: string;
  #announcer: Announcer | null = null;
  #supervisions: readonly Supervision[] = [];
  #wasStarted = false;
  #wasStopped = false;

  /**
   * Makes an orchestrator; nothing runs before {@linkcode Orchestrator.start}.
   *
   * @param options Broker, consumers, and how to keep them running.
   * @throws {InvalidOptionError} When two consumers would take each other's place, or a value cannot work.
   * @throws {InvalidNameError} When a stream, group or consumer cannot have its name.
   */
  constructor(options: OrchestratorOptions) {
    checkPlans(options.consumers);
    this.#options = options;
    this.#log = harmlessLog(options.log ?? silentLog);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#outage = new OutageStory(this.#log, this.#clock);
    this.#startedAtMs = this.#clock.nowMs();
    this.instance = instanceName(this.#random);
    this.#monitor = watchGroups({
      broker: options.broker,
      groups: options.consumers,
      options: options.backpressure ?? {},
      log: this.#log,
      clock: this.#clock,
      random: this.#random,
    });
    this.#supervision = resolveSupervision(options.supervision ?? {});
    const logic = orchestratorMachine.provide({
      actions: {
        requestStart: () => queueMicrotask(() => this.#startAll()),
        requestDrain: () => queueMicrotask(() => this.#tellAll({ type: "operator.drain" })),
        requestStop: () => queueMicrotask(() => this.#tellAll({ type: "operator.stop" })),
      },
    });
    const { inspect } = options;
    this.#actor = createActor(logic, {
      systemId: "orchestrator",
      input: {
        consumerCount: options.consumers.length,
        endsOnFailure: this.#supervision.onFailure === "end",
      },
      ...(inspect === undefined ? {} : { inspect: harmlessListener(inspect) }),
    });
    this.#finished.promise.catch(() => {}); // whoever does not ask for the end is not told of it
    this.#started.promise.catch(() => {});
  }

  /** What it does now; `healthy`, `pressured` and `saturated` tell the backpressure while it runs. */
  get state(): OrchestratorState {
    const { value } = this.#actor.getSnapshot();
    return typeof value === "string" ? value : value.running;
  }

  /** How far the groups are behind, as the monitor said last. */
  get backpressure(): PressureLevel {
    return this.#actor.getSnapshot().context.level;
  }

  /** What is known of each consumer right now, in the order in which they were given. */
  facts(): ConsumerFacts[] {
    const nowMs = this.#clock.nowMs();
    return this.#supervisions.map((each) => {
      const pressure = this.#monitor.pressureOf(each.context.stream).level;
      return factsOf(each, { nowMs, pressure });
    });
  }

  /**
   * Tells a listener when a group falls behind or has caught up. What it throws harms nobody.
   *
   * @returns Ends the telling.
   */
  onBackpressure(listener: (change: PressureChange) => void): () => void {
    return this.#monitor.subscribe(listener);
  }

  /**
   * Lets an observer, such as the inspector's recorder, look at all machines: this one, the supervisors, the consumers and
   * their workers, those that run and those to come. Works at any time, also before `start`; it costs nothing when it has
   * ended, and can never harm a consumer.
   *
   * @returns Ends it. Idempotent.
   */
  inspect(observer: ActorObserver): () => void {
    return this.#onlookers.add(observer);
  }

  /** Resolves when all has stopped; rejects with the error of the first consumer that was given up. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * Starts every consumer. Can be called once.
   *
   * @returns When each of them reads or was given up.
   * @throws The error of the first one that was given up, when that ends the orchestrator.
   * @throws {ClosedError} When it was stopped first.
   * @throws {InvalidOptionError} At a second call.
   */
  async start(): Promise<void> {
    if (this.#wasStopped) throw new ClosedError("an orchestrator that was stopped");
    if (this.#wasStarted) {
      throw new InvalidOptionError("start", "a second call", "one start per orchestrator");
    }
    this.#wasStarted = true;
    this.#actor.subscribe({
      next: ({ value }) => {
        if (typeof value !== "string") this.#started.resolve();
      },
      error: (error) => this.#end(error),
      complete: () => this.#end(this.#failure()),
    });
    this.#onlookers.begin(this.#actor, null);
    this.#actor.start();
    const closed = new ClosedError("an orchestrator that was stopped");
    this.#finished.promise.then(
      () => this.#started.reject(closed),
      (error: unknown) => this.#started.reject(error),
    );
    await this.#started.promise;
  }

  /** Lets consumers read no more until `resume`; what no handler has begun is handed back. */
  pause(which: ConsumerSelection = {}): void {
    for (const each of this.#selected(which)) each.pause();
    this.#announcer?.changed();
  }

  /** Lets consumers go on after `pause`. */
  resume(which: ConsumerSelection = {}): void {
    for (const each of this.#selected(which)) each.resume();
    this.#announcer?.changed();
  }

  /** Lets consumers look for the entries of dead ones now. */
  reclaim(which: ConsumerSelection = {}): void {
    for (const each of this.#selected(which)) each.consumer?.reclaim();
  }

  /**
   * Lets consumers finish what runs, commit it, hand back the rest and end; the service goes on, also without any consumer,
   * and {@linkcode Orchestrator.restart} starts them again. What was given up stays given up.
   */
  drain(which: ConsumerSelection = {}): void {
    for (const each of this.#selected(which)) each.tell({ type: "operator.halt" });
  }

  /** Starts consumers again that were drained or given up, or that wait to be started again. */
  restart(which: ConsumerSelection = {}): void {
    for (const each of this.#selected(which)) each.tell({ type: "operator.restart" });
  }

  /**
   * Ends: every consumer reads no more, lets running handlers finish for its `graceMs`, commits, and hands the rest
   * back. A handler must not wait for it.
   *
   * @param options `now`: do not wait for handlers, they are told by `context.signal`.
   * @returns When nothing is open any more, at the latest a second after the longest grace.
   */
  async stop(options?: { readonly now?: boolean }): Promise<void> {
    this.#wasStopped = true;
    if (!this.#wasStarted) {
      this.#wasStarted = true;
      this.#started.reject(new ClosedError("an orchestrator that was stopped"));
      this.#finished.resolve();
      this.#closed.resolve();
    }
    this.#send({ type: options?.now === true ? "operator.stop" : "operator.drain" });
    await this.#closed.promise;
  }

  /** {@linkcode Orchestrator.stop} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #startAll(): void {
    const { broker, consumers } = this.#options;
    const onlookers = this.#onlookers;
    const nursery = new Nursery(this.#actor, { onlookers, place: () => null });
    const onChange = (id: string, member: Member) => {
      this.#send({ type: "supervisor.changed", id, member });
      this.#announcer?.changed();
    };
    const [log, clock, random] = [this.#outage, this.#clock, this.#random];
    const supervision = this.#supervision;
    const setting = { broker, supervision, nursery, onlookers, log, clock, random, onChange };
    this.#supervisions = consumers.map((plan) => new Supervision({ ...setting, plan }));
    this.#monitor.subscribe(({ of, level }) => {
      if (of === "worst") this.#send({ type: "monitor.changed", level });
    });
    this.#monitor.start();
    this.#announcer = new Announcer({ broker, clock, record: () => this.#record() });
    // It may have been told to end before there was anybody to tell.
    if (this.state === "draining") this.#tellAll({ type: "operator.drain" });
    if (this.state === "stopping") this.#tellAll({ type: "operator.stop" });
  }

  #record(): InstanceRecord {
    return {
      instance: this.instance,
      host: hostName(),
      pid: Deno.pid,
      version: VERSION,
      startedAtMs: this.#startedAtMs,
      state: this.state,
      pressure: this.backpressure,
      consumers: this.facts(),
      consumersDropped: 0,
    };
  }

  #tellAll(event: { readonly type: "operator.drain" | "operator.stop" }): void {
    for (const each of this.#supervisions) each.tell(event);
  }

  #selected(which: ConsumerSelection): Supervision[] {
    return this.#supervisions.filter((each) => each.isOneOf(which));
  }

  #send(event: OrchestratorEvent): void {
    if (this.#actor.getSnapshot().status === "active") this.#actor.send(event);
  }

  /** Why it ended, `null` for as it was asked to. */
  #failure(): unknown {
    if (this.state !== "failed") return null;
    const failed = this.#supervisions.filter(({ state }) => state === "failed")
      .sort((one, other) => one.lastFailureMs - other.lastFailureMs);
    return failed[0]?.lastError ?? new Error("A consumer failed");
  }

  #end(error: unknown): void {
    this.#monitor.close();
    const all = this.#supervisions.map((each) => each[Symbol.asyncDispose]());
    Promise.allSettled([...all, this.#announcer?.close()]).then(() => {
      this.#outage[Symbol.dispose]();
      this.#onlookers.end(this.#actor);
      if (error === null) this.#finished.resolve();
      else this.#finished.reject(error);
      this.#closed.resolve();
    });
  }
}
