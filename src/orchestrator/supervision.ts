/**
 * The meaning of the supervisor machine's `request…` actions for one consumer: it makes the consumer, waits, and stops
 * it. The consumer and its timer are owned here, not by the machine: a machine that fails leaves its children alone.
 *
 * @module
 */

import type { ActorRefFrom } from "xstate";
import { StreamConsumer } from "../consumer/consumer.ts";
import { within } from "../consumer/timers.ts";
import type { ResolvedConsumerOptions } from "../consumer/options.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import { Onlookers } from "../workers/onlookers.ts";
import { Nursery } from "./hosting.ts";
import { type ConsumerSelection, isSelected } from "./orchestrator_options.ts";
import { type ConsumerPlan, freeName, planId, settingsOf } from "./plan.ts";
import { failureOf, restartDelayMs, type SupervisionOptions } from "./restart_policy.ts";
import type { Member } from "./orchestrator_events.ts";
import type { SupervisorContext, SupervisorEvent } from "./supervisor_events.ts";
import { supervisorMachine } from "./supervisor_machine.ts";
import { placeOf, SupervisionStory } from "./supervision_story.ts";

/** How long forgetting the names that it took may hold up its end, in ms; one that is left costs the group little. */
const FORGET_MS_MAX = 300;

/** How long after the grace it may take until nothing is open any more, in ms; a bit less than the promised second. */
const END_MS_MAX = 900;

/** What a supervision needs. */
export interface SupervisionSetting {
  /** What it runs. */
  readonly plan: ConsumerPlan;
  /** The broker, shared by all. */
  readonly broker: Broker;
  /** When a consumer is started again. */
  readonly supervision: SupervisionOptions;
  /** The parent of the supervisor. */
  readonly nursery: Nursery;
  /** Those who look at actors that no parent can take. Default: nobody. */
  readonly onlookers?: Onlookers;
  /** Where log lines go. */
  readonly log: Log;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** Told of every change. */
  readonly onChange: (id: string, member: Member) => void;
}

/** Runs one consumer, again and again if need be. */
export class Supervision {
  /** What it is called among the others. */
  readonly id: string;
  readonly #setting: SupervisionSetting;
  readonly #story: SupervisionStory;
  readonly #actor: ActorRefFrom<typeof supervisorMachine>;
  readonly #children: Nursery;
  #consumer: StreamConsumer | null = null;
  #timer: Timer | null = null;
  #lastError: unknown = null;
  #told: Member | null = null;
  #isPaused = false;
  #stateSinceMs: number;
  readonly #settings: ResolvedConsumerOptions | null;
  #isBroken = false;
  #isDisposed = false;
  /** When it must have ended, in ms since 1970. */
  #endsByMs = Infinity;
  /** The names that it took because its own was taken. */
  readonly #takenNames = new Set<string>();

  /** Starts at once. @param setting What, and with what. */
  constructor(setting: SupervisionSetting) {
    const { plan, supervision, nursery, log, onlookers = new Onlookers() } = setting;
    const { stream, group, consumer = "main", onFenced = "stop" } = plan;
    this.#setting = setting;
    this.id = planId(plan);
    this.#settings = settingsOf(plan, setting.broker);
    this.#stateSinceMs = setting.clock.nowMs();
    this.#story = new SupervisionStory(log, supervision);
    const logic = supervisorMachine.provide({
      actions: {
        requestStart: ({ context }) => this.#soon(() => this.#start(context)),
        requestDelay: ({ context }) => this.#soon(() => this.#wait(context)),
        requestDrain: () => this.#soon(() => this.#stop({ now: false })),
        requestStop: () => this.#soon(() => this.#stop({ now: true })),
      },
    });
    const { restartsMax, windowMs } = supervision;
    const mayRename = onFenced === "rename";
    const input = { stream, group, consumer, restartsMax, windowMs, mayRename };
    this.#actor = nursery.start(logic, { id: this.id, input });
    this.#children = new Nursery(this.#actor, { onlookers, place: () => placeOf(this.context) });
    this.#actor.subscribe({
      next: () => this.#tell(),
      error: (error) => this.#broke(error),
    });
    this.#tell();
  }

  /** The supervisor's memory. */
  get context(): SupervisorContext {
    return this.#actor.getSnapshot().context;
  }

  /** Whether its consumer is one of those that are meant. */
  isOneOf(which: ConsumerSelection): boolean {
    return isSelected(which, this.context);
  }

  /** The supervisor's state; `failed` also when the supervision itself broke. */
  get state(): Member["state"] {
    return this.#isBroken ? "failed" : this.#actor.getSnapshot().value;
  }

  /** Since when it is in that state, in ms since 1970. */
  get stateSinceMs(): number {
    return this.#stateSinceMs;
  }

  /** The settings of its consumer, `null` when one of them cannot work. */
  get settings(): ResolvedConsumerOptions | null {
    return this.#settings;
  }

  /** The consumer that runs now, `null` between two. */
  get consumer(): StreamConsumer | null {
    return this.#consumer;
  }

  /** The error by which its consumer ended last. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** When its consumer failed last, in ms since 1970; 0 for never. */
  get lastFailureMs(): number {
    return this.context.failedAtMs.at(-1) ?? 0;
  }

  /** Lets its consumer read no more, also one that is started later. */
  pause(): void {
    this.#isPaused = true;
    this.#consumer?.pause();
  }

  /** Lets its consumer go on. */
  resume(): void {
    this.#isPaused = false;
    this.#consumer?.resume();
  }

  /** Tells the supervisor, unless it has ended. */
  tell(event: SupervisorEvent): void {
    if (this.#isBroken) return;
    if (event.type === "operator.drain") this.#endAfter(this.#settings?.graceMs ?? 0);
    if (event.type === "operator.stop") this.#endAfter(0);
    if (this.#actor.getSnapshot().status === "active") this.#actor.send(event);
  }

  /** Ends everything that is still open, also when the machines can no longer do it. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#timer?.cancel();
    await this.#consumer?.stop({ now: true });
    await this.#forgetNames();
  }

  /** After the machine's own turn: an actor takes children only between two events. */
  #soon(effect: () => void): void {
    queueMicrotask(() => {
      try {
        effect();
      } catch (error) {
        this.#broke(error);
      }
    });
  }

  #start({ request }: SupervisorContext): void {
    this.#run(request).catch((error: unknown) => this.#broke(error));
  }

  async #run(request: number): Promise<void> {
    const { clock, random } = this.#setting;
    const error = await this.#consume(request);
    this.#consumer = null;
    if (error !== null && !this.#isBroken) this.#lastError = error;
    this.tell({
      type: "consumer.ended",
      request,
      failure: error === null ? null : failureOf(error),
      atMs: clock.nowMs(),
      freeName: freeName(this.#setting.plan, random),
    });
  }

  /** Runs one consumer to its end. @returns why it failed, `null` when it did not. */
  async #consume(request: number): Promise<unknown> {
    if (this.state !== "starting" || this.#isDisposed) return null; // told to end before it had begun
    const { plan, broker, log, clock, random } = this.#setting;
    const { handler, onFenced: _, ...options } = plan;
    const { consumer: name } = this.context;
    if (name !== (plan.consumer ?? "main")) this.#takenNames.add(name);
    try {
      const consumer = new StreamConsumer(
        { ...options, consumer: name, broker, log, clock, random },
        this.#children,
      );
      this.#consumer = consumer;
      const reading = consumer.subscribe(handler);
      if (this.#isPaused) consumer.pause();
      await reading.then(
        () => this.tell({ type: "consumer.reading", request }),
        async (error: unknown) => {
          await consumer.stop(); // also one that never began: its end is then known
          if (consumer.context === null && this.state === "starting") throw error;
        },
      );
      await consumer.finished;
      return null;
    } catch (error) {
      return error ?? new Error("A consumer failed without an error");
    }
  }

  #wait({ request, failedAtMs }: SupervisorContext): void {
    if (this.context.request !== request || this.state !== "restarting") return; // told otherwise since
    const { supervision, clock, random } = this.#setting;
    const delayMs = restartDelayMs(failedAtMs.length, { ...supervision, random });
    this.tell({ type: "clock.waiting", request, untilMs: clock.nowMs() + delayMs });
    this.#timer?.cancel();
    this.#timer = clock.after(delayMs, () => this.tell({ type: "clock.elapsed", request }));
  }

  #stop(options: { readonly now: boolean }): void {
    // Its end is told by #run. A consumer that is not there has ended, or is not begun in this state.
    this.#consumer?.stop(options).catch((error: unknown) => this.#broke(error));
  }

  /** Tells the orchestrator and the log. */
  #tell(): void {
    if (this.#isBroken) return;
    const { state, context } = this;
    const { failure } = context;
    if (this.#told?.state === state && this.#told.failure === failure) return;
    if (this.#told?.state !== state) this.#stateSinceMs = this.#setting.clock.nowMs();
    this.#told = { state, failure };
    if (state !== "restarting") this.#timer?.cancel();
    this.#story.changed(state, context);
    this.#setting.onChange(this.id, this.#told);
  }

  /**
   * A name that was made for this process alone is of no use after it, and would stay in the group for ever. One with
   * pending entries is kept: the broker says so, and whoever takes the entries over needs it no more than we do.
   */
  async #forgetNames(): Promise<void> {
    const { plan: { stream, group }, broker, clock } = this.#setting;
    const waitMs = Math.min(FORGET_MS_MAX, this.#endsByMs - clock.nowMs());
    if (this.#takenNames.size === 0 || waitMs <= 0) return;
    const forget = async (name: string) => await broker.deleteConsumer(stream, group, name);
    const forgetting = [...this.#takenNames].map(forget);
    this.#takenNames.clear();
    await within(clock, waitMs, Promise.allSettled(forgetting));
  }

  #endAfter(graceMs: number): void {
    const endsByMs = this.#setting.clock.nowMs() + graceMs + END_MS_MAX;
    this.#endsByMs = Math.min(this.#endsByMs, endsByMs);
  }

  /** Something that cannot happen did: it costs this consumer, and no other. */
  #broke(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#lastError = error;
    this.#timer?.cancel();
    const failure = failureOf(error);
    this.#story.broke(this.context, failure);
    const end = () => this.#setting.onChange(this.id, { state: "failed", failure });
    (this.#consumer?.stop({ now: true }) ?? Promise.resolve()).then(end, end);
  }
}
