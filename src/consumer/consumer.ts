/**
 * `StreamConsumer`: one consumer, assembled. The machine decides, the effects act, the pool runs the handler.
 *
 * @module
 */

import type { ActorRefFrom } from "xstate";
import { decodeCheckpoint, type DecodedCheckpoint } from "../domain/checkpoint.ts";
import { ClosedError, InvalidOptionError } from "../domain/errors.ts";
import type { ActorObserver } from "../ports/actor_observer.ts";
import type { PendingEntry } from "../ports/group_store.ts";
import { type ActorHost, parentlessHost } from "../workers/actor_host.ts";
import type { HandlerSource } from "../workers/handler_module.ts";
import type { Load } from "../workers/load.ts";
import { Onlookers } from "../workers/onlookers.ts";
import { EMPTY_VIEW, type PoolView } from "../workers/pool_view.ts";
import { acknowledge } from "./acknowledging.ts";
import { assemble, type Assembly } from "./assembly.ts";
import { harmlessListener } from "./bystander.ts";
import { type ConsumerState, StateWatch } from "./consumer_state.ts";
import type { consumerMachine } from "./machine.ts";
import type { ConsumerContext, ConsumerEvent } from "./machine_events.ts";
import { Narration } from "./narration.ts";
import {
  resolveConsumerOptions,
  type ResolvedConsumerOptions,
  type StreamConsumerOptions,
} from "./options.ts";
import { within } from "./timers.ts";
import { readyWorkforce, type Workforce } from "./workforce.ts";

/** What the consumer's own actor is called beside those of its workers. */
const CONSUMER_ACTOR = "consumer";

/** How long making workers ready may hold up a stop, in ms: a module that is being imported cannot be told to end. */
const BEGIN_MS_MAX = 500;

/** The most pending entries that {@linkcode StreamConsumer.pending} lists. */
const PENDING_MAX = 10_000;

/**
 * One consumer of one group: handles every event of a stream, and commits its outputs exactly once.
 *
 * @example Handle orders, publish invoices
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, StreamConsumer, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * await new StreamProducer({ broker, stream: "orders" }).publish({ type: "order.placed", data: { total: 42 } });
 *
 * const seen = Promise.withResolvers<unknown>();
 * await using consumer = new StreamConsumer({ broker, stream: "orders", group: "billing" });
 * await consumer.subscribe((event) => seen.resolve(event.data));
 * assertEquals(await seen.promise, { total: 42 });
 * ```
 */
export class StreamConsumer implements AsyncDisposable {
  readonly #options: ResolvedConsumerOptions;
  readonly #narration: Narration;
  readonly #finished = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #host: ActorHost;
  readonly #onlookers = new Onlookers();
  readonly #stateWatch: StateWatch;
  #actor: ActorRefFrom<typeof consumerMachine> | null = null;
  #assembly: Assembly | null = null;
  #isSubscribed = false;
  /** Settles when its workers are ready and its machine runs, or when that cannot be. */
  #beginning: Promise<void> | null = null;
  #pauseWanted = false;
  readonly #stopping = new AbortController();

  /**
   * Makes a consumer; nothing is read before {@linkcode StreamConsumer.subscribe}.
   *
   * @param options Broker, stream, group, and how to work.
   * @param host The parent of its actors. Default: they have none.
   * @throws {InvalidNameError} or {InvalidOptionError} When a value cannot work.
   */
  constructor(options: StreamConsumerOptions, host?: ActorHost) {
    this.#options = resolveConsumerOptions(options);
    this.#stateWatch = new StateWatch(this.#options.clock);
    const { inspect, log, stream, group, consumer } = this.#options;
    this.#host = host ?? parentlessHost(inspect === null ? null : harmlessListener(inspect), {
      onlookers: this.#onlookers,
      place: () => ({ stream, group, consumer }),
    });
    this.#narration = new Narration(log, { stream, group, consumer });
    this.#finished.promise.catch(() => {}); // whoever does not ask for the end is not told of it
  }

  /** The state that it is in; `loadingCheckpoint` before `subscribe`. */
  get state(): ConsumerState {
    const before = this.#stopping.signal.aborted ? "stopped" : "loadingCheckpoint";
    const value = this.#actor?.getSnapshot().value ?? before;
    return typeof value === "string" ? value : "draining";
  }

  /** Since when it is in that state, in ms since 1970. */
  get stateSinceMs(): number {
    return this.#stateWatch.sinceMs;
  }

  /** When a failed call is made again, in ms since 1970; `null` when none waits. */
  get backOffUntilMs(): number | null {
    return this.state === "backingOff" ? this.#assembly?.effects.backOffUntilMs ?? null : null;
  }

  /** What its machine remembers: counts, ids and the last failure; no payloads. `null` before `subscribe`. */
  get context(): ConsumerContext | null {
    return this.#actor?.getSnapshot().context ?? null;
  }

  /** What its pool holds and can take right now. */
  get load(): Load {
    return this.#assembly?.pool.load ?? { demand: 0, inFlight: 0, running: 0, settled: 0 };
  }

  /** What its workers do right now, and which events hold back their keys. Computed when asked; empty before `subscribe`. */
  get view(): PoolView {
    return this.#assembly?.pool.view() ?? EMPTY_VIEW;
  }

  /** Resolves when it has stopped, rejects with the error that made it fail. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * Starts handling events. Can be called once, and not after `stop`.
   *
   * @param handler The function, or what `defineHandler` gives; or the module that it is imported from, as it must be in
   * mode "threads".
   * @returns When it has joined its group and reads.
   * @throws The error that makes it fail before that: `StreamMissingError`, `CheckpointBeyondEndError`,
   * `StreamReplacedError`, `DataLossError`, `WrongTypeError`, `AccessDeniedError`, `StartBeyondEndError`.
   * @throws {ClosedError} When it was stopped first.
   * @throws {InvalidOptionError} When the handler is none, or at a second call.
   * @throws {HandlerModuleError} When the module cannot be used.
   */
  async subscribe<Data = unknown>(handler: HandlerSource<Data>): Promise<void> {
    if (this.#isSubscribed) {
      throw new InvalidOptionError("handler", "a second one", "one subscribe per consumer");
    }
    this.#isSubscribed = true;
    const started = Promise.withResolvers<void>();
    const begun = this.#begin(handler as HandlerSource, () => started.resolve());
    this.#beginning = begun.catch(() => {});
    await begun;
    this.#finished.promise.then(
      () => started.reject(new ClosedError("a consumer that was stopped")),
      (error: unknown) => started.reject(error),
    );
    await started.promise;
  }

  /**
   * Acknowledges entries by hand: takes pending entries of this consumer off its list, without outputs, in an atomic
   * commit for each 1,000 that also moves the checkpoint. For entries that a person has dealt with; a handler that runs
   * on one is told to stop.
   *
   * @param ids Canonical entry ids.
   * @returns How many were acknowledged; those pending for others, finished before, or behind an unfinished entry of
   * their key are not.
   * @throws {InvalidEntryIdError} When an id is not canonical.
   */
  async acknowledge(...ids: readonly string[]): Promise<number> {
    const { broker } = this.#options;
    const { effects } = this.#assembly ?? {};
    const membership = effects?.membership ?? null;
    if (membership === null) throw new ClosedError("a consumer that has not joined its group");
    return await acknowledge(ids, {
      ...{ broker, membership },
      onLetGo: (page) => effects?.letGo(page),
    });
  }

  /** Lists the entries pending for this consumer, in id order, at most 10,000. */
  async pending(): Promise<PendingEntry[]> {
    const { broker, stream, group, consumer } = this.#options;
    return await broker.listPending(stream, group, { consumer, count: PENDING_MAX });
  }

  /** Loads the group's checkpoint as it is stored now. Works before `subscribe`. */
  async loadCheckpoint(): Promise<DecodedCheckpoint> {
    const { broker, stream, group } = this.#options;
    return decodeCheckpoint(await broker.loadCheckpoint(stream, group), { stream, group });
  }

  /** Reads no more until `resume`; what no handler has begun is handed back. */
  pause(): void {
    this.#pauseWanted = true;
    this.#tell({ type: "operator.pause" });
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#pauseWanted = false;
    this.#tell({ type: "operator.resume" });
  }

  /** Looks for the entries of dead consumers now. */
  reclaim(): void {
    this.#tell({ type: "operator.reclaim" });
  }

  /**
   * Lets an observer, such as the inspector's recorder, look at its machine and its workers. Works at any time, also before
   * `subscribe`; it can never harm the consumer. Actors that were given to another host are that one's to show.
   *
   * @returns Ends it. Idempotent.
   */
  inspect(observer: ActorObserver): () => void {
    return this.#onlookers.add(observer);
  }

  /**
   * Ends: reads no more, lets running handlers finish for `graceMs`, commits, and hands the rest back. A handler must
   * not wait for it: each would wait for the other until the grace is over.
   *
   * @param options `now`: do not wait for handlers, they are told by `context.signal`.
   * @returns When nothing is open any more, also after a failure; at the latest a second after the grace.
   */
  async stop(options?: { readonly now?: boolean }): Promise<void> {
    this.#stopping.abort(new ClosedError("a consumer that was stopped"));
    if (this.#actor === null) {
      await within(this.#options.clock, BEGIN_MS_MAX, this.#beginning ?? Promise.resolve());
      this.#finished.resolve();
      this.#ended.resolve();
      return;
    }
    this.#tell({ type: options?.now === true ? "operator.stop" : "operator.drain" });
    await this.#ended.promise;
  }

  /** {@linkcode StreamConsumer.stop} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** An operator may come too late: a consumer that has ended hears nothing. */
  #tell(event: ConsumerEvent): void {
    if (this.#actor?.getSnapshot().status === "active") this.#actor.send(event);
  }

  async #begin(handler: HandlerSource, onReading: () => void): Promise<void> {
    const { signal } = this.#stopping;
    const ready = readyWorkforce(handler, this.#options, signal);
    const workforce = await ready.catch((error: unknown) => {
      this.#isSubscribed = false; // nothing was started: another handler may do
      throw error;
    });
    if (signal.aborted) await workforce.dispose(); // told to stop in the turns since then
    signal.throwIfAborted();
    this.#start(workforce, onReading);
  }

  #start(workforce: Workforce, onReading: () => void): void {
    const { stream, group, consumer } = this.#options;
    const assembly = assemble({
      options: this.#options,
      workforce,
      host: this.#host,
      narration: this.#narration,
      tell: (event) => this.#tell(event),
    });
    this.#assembly = assembly;
    const actor = this.#host.start(assembly.logic, {
      id: CONSUMER_ACTOR,
      input: { stream, group, consumer, load: assembly.pool.load },
    });
    this.#actor = actor;
    if (this.#pauseWanted) this.pause();
    actor.subscribe({
      next: (snapshot) => {
        this.#stateWatch.note(this.state);
        if (snapshot.status === "active") this.#narration.observe(snapshot.context);
        if (snapshot.context.position !== null) onReading();
      },
      error: (error) => this.#end(error),
      complete: () => {
        const failed = actor.getSnapshot().value === "failed";
        this.#end(failed ? assembly.effects.lastError : null);
      },
    });
  }

  #end(error: unknown): void {
    this.#narration.ended(error);
    const settle = () => {
      this.#host.end(CONSUMER_ACTOR);
      this.#ended.resolve();
      if (error === null) this.#finished.resolve();
      else this.#finished.reject(error);
    };
    (this.#assembly?.dispose() ?? Promise.resolve()).then(settle, settle);
  }
}
