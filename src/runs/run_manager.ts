/**
 * The run manager: starts runs of defined kinds in this process, lets people follow and cancel runs of any process, and
 * looks after the runs of processes that have died.
 *
 * @module
 */

import { ClosedError } from "../domain/errors.ts";
import { checkRunId, type RunRecord } from "../domain/run.ts";
import { InvalidRunKindError } from "../domain/run_errors.ts";
import { TroubleSpell } from "../domain/trouble_spell.ts";
import type {
  RunList,
  RunListOptions,
  RunService,
  StartOptions,
  SubscribeOptions,
} from "../ports/run_service.ts";
import { cancelElsewhere } from "./cancelling.ts";
import { EventStore } from "./event_store.ts";
import { LiveRun } from "./live_run.ts";
import { RunChanger } from "./run_change.ts";
import { makeRun, newRunState } from "./run_making.ts";
import {
  managerSetting,
  type RunManagerOptions,
  type RunManagerSetting,
} from "./run_manager_options.ts";
import { RunFeed } from "./run_feed.ts";
import { RunOwners } from "./run_owners.ts";
import type { RunSubscription } from "./run_subscription.ts";
import { RunWatch } from "./run_watch.ts";

/** How to stop a manager. */
export interface StopOptions {
  /** How long runs may go on by themselves before they are cancelled, in ms; default 0. */
  readonly graceMs?: number;
  /** How long the code of cancelled runs may go on, in ms; never longer than the manager's `cancelMs`, the default. */
  readonly cancelMs?: number;
  /** How long storing what they told may take after that, in ms; default 5,000. */
  readonly storeMs?: number;
}

/** A stop should not hang on a store that is away. */
const STORE_MS = 5_000;

/**
 * Runs of this process, and of others.
 *
 * @example A run, and one who follows it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, defineRun, RunManager } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const count = defineRun({
 *   kind: "count",
 *   start(ctx, upTo: number) {
 *     for (let n = 1; n <= upTo; n++) ctx.emit("counted", n);
 *   },
 * });
 * await using runs = new RunManager({ broker, kinds: [count] });
 *
 * const told: unknown[] = [];
 * const run = await runs.start("count", 3);
 * const following = await runs.subscribe(run, {
 *   afterId: "0-0",
 *   listener: (item) => void told.push(item.kind === "event" ? item.event.data : item.kind),
 * });
 * await following.closed;
 * assertEquals(told, [1, 2, 3, "end"]);
 * ```
 */
export class RunManager implements RunService, AsyncDisposable {
  /** Runs and their events as they are stored; for events from outside, history and expiry. */
  readonly store: EventStore;
  readonly #setting: RunManagerSetting;
  readonly #watch: RunWatch;
  readonly #trouble = new TroubleSpell();
  readonly #feed: RunFeed;
  readonly #owners: RunOwners;
  readonly #changer: RunChanger;
  readonly #live = new Map<string, LiveRun>();
  readonly #finished = new Map<LiveRun, Promise<unknown>>();
  #stopping: Promise<void> | null = null;

  /**
   * Begins to look after runs.
   *
   * @throws {InvalidOptionError} or {InvalidNameError} or {InvalidRunKindError} When an option cannot work.
   */
  constructor(options: RunManagerOptions) {
    const setting = managerSetting(options);
    const { broker, lengthMax, clock, random } = setting;
    this.#setting = setting;
    this.store = new EventStore({ broker, lengthMax, clock, random });
    this.#watch = new RunWatch(broker, setting);
    this.#feed = new RunFeed({
      ...setting,
      store: this.store,
      watch: this.#watch,
      ownEvents: (run) => this.#live.get(run)?.events,
    });
    this.#changer = new RunChanger(broker, setting);
    this.#owners = new RunOwners({ ...setting, isLive: (run) => this.#live.has(run) });
  }

  /** This process, as the records of its runs name it. */
  get owner(): string {
    return this.#setting.owner;
  }

  /** The names of the kinds that can be started here. */
  get kinds(): readonly string[] {
    return [...this.#setting.kinds.keys()];
  }

  /** How many follow runs through this manager. */
  get subscriptionCount(): number {
    return this.#feed.size;
  }

  /**
   * Starts a run. With an id of its own making the code begins at once, whatever the store does; with a given id, or of a
   * kind whose events come from outside, not before the store has it.
   *
   * @param kind Its name.
   * @param input What its code gets.
   * @returns Its id.
   * @throws {InvalidRunKindError} When there is no such kind.
   * @throws {InvalidRunIdError} When the id cannot be.
   * @throws {RunExistsError} When there is one of this id.
   * @throws {BrokerUnavailableError} or {UnknownOutcomeError} When the store had to have it and could not be reached.
   * @throws {ClosedError} When the manager is stopping.
   */
  async start(kind: string, input: unknown, options: StartOptions = {}): Promise<string> {
    if (this.#stopping !== null) throw new ClosedError("the run manager");
    const { broker, kinds, clock, random, log, ttlMs } = this.#setting;
    const definition = kinds.get(kind);
    if (definition === undefined) {
      const known = this.kinds.join(", ");
      throw new InvalidRunKindError(kind, `it is not defined here, known are: ${known}`);
    }
    const run = checkRunId(options.run ?? random.uniqueText());
    if ("external" in definition) {
      await this.store.create(run, { kind, ttlMs });
      return run;
    }
    const state = newRunState(kind, { owner: this.owner, ttlMs, nowMs: clock.nowMs() });
    // Of an id that was just made up there is no other run, so that the store need not be waited for.
    const snapshot = options.run === undefined
      ? null
      : await makeRun(broker, run, { state, clock, random });
    if (this.#stopping !== null) throw new ClosedError("the run manager");
    const shared = { ...this.#setting, watch: this.#watch, trouble: this.#trouble };
    const live = new LiveRun(state, { ...shared, run, snapshot });
    this.#live.set(run, live);
    const finished = live.execute(definition, input).then((end) => {
      this.#live.delete(run);
      this.#finished.delete(live);
      if (end === "abandoned") log.log("error", "a run was not stored to its end", { run });
    });
    this.#finished.set(live, finished);
    return run;
  }

  /**
   * Tells a run of any process to end. Returns when that is known to its process or noted for it, not when it has ended.
   *
   * @param reason Why, for people; cut to 500 characters.
   * @returns `false` when it has ended already. Idempotent.
   * @throws {InvalidRunIdError} When the id cannot be.
   * @throws {RunMissingError} When there is no such run, or it has expired.
   */
  async cancel(run: string, reason: string = "it was cancelled"): Promise<boolean> {
    const live = this.#live.get(checkRunId(run));
    if (live !== undefined) return live.cancel(reason);
    return await cancelElsewhere(run, { reason, store: this.store, changer: this.#changer });
  }

  /**
   * What is known of a run; of one of this process, also what is not stored yet.
   *
   * @throws As {@linkcode EventStore.get}.
   */
  async get(run: string): Promise<RunRecord> {
    return this.#live.get(checkRunId(run))?.record ?? await this.store.get(run);
  }

  /** Lists runs as they are stored. @throws As {@linkcode EventStore.list}. */
  async list(options: RunListOptions): Promise<RunList> {
    return await this.store.list(options);
  }

  /**
   * Follows a run of any process: history, then live, without gap and without double; at last its end.
   *
   * @throws {InvalidRunIdError} or {InvalidEntryIdError} When it cannot be.
   * @throws {RunMissingError} When there is no such run, or it has expired.
   * @throws {ClosedError} When the manager has stopped.
   */
  async subscribe(run: string, options: SubscribeOptions): Promise<RunSubscription> {
    return await this.#feed.subscribe(run, options);
  }

  /**
   * Starts no more runs, lets those that run end or cancels them, stores what they told, and ends all subscriptions. What
   * cannot be stored in time is marked `interrupted` by another process. Idempotent: the first call counts.
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  /** As {@linkcode RunManager.stop} without grace. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop({ graceMs = 0, cancelMs, storeMs = STORE_MS }: StopOptions): Promise<void> {
    await Promise.resolve(); // so that #stopping is set before anything happens
    const live = [...this.#live.values()];
    const ended = Promise.all(live.map((run) => run.ended));
    await this.#within(graceMs, ended);
    for (const run of live) {
      run.cancel("its process stops");
      if (cancelMs !== undefined) run.endWithin(cancelMs);
    }
    await ended;
    await this.#within(storeMs, Promise.all(this.#finished.values()));
    for (const run of this.#finished.keys()) run.writer.abandon();
    this.#feed.close();
    await this.#watch[Symbol.asyncDispose]();
    await this.#owners[Symbol.asyncDispose]();
  }

  /** Waits for something, but not for long. */
  async #within(waitMs: number, what: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#setting.clock.after(waitMs, late.resolve);
    await Promise.race([what, late.promise]);
    timer.cancel();
  }
}
