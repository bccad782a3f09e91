/**
 * The producer: publishes events into one stream. An event with an idempotency key is appended exactly once, also over
 * broken connections and restarts of the program; without a key the caller learns when nobody can know. A producer with
 * backpressure holds back while the groups of its stream are too far behind.
 *
 * @module
 */

import { type BackoffOptions, BROKER_BACKOFF, checkBackoff } from "../domain/backoff.ts";
import { ClosedError, InvalidOptionError } from "../domain/errors.ts";
import { InvalidEventError } from "../domain/event_errors.ts";
import { encodeEvent, type NewEvent } from "../domain/event.ts";
import { checkName } from "../domain/names.ts";
import { type Schema, validateData } from "../domain/schema.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import type {
  AppendEntry,
  AppendOptions,
  AppendResult,
  StreamStore,
} from "../ports/stream_store.ts";
import { appendGroups } from "./append_groups.ts";
import type { ProducerBackpressure } from "./backpressure_options.ts";
import { openGate } from "./open_gate.ts";
import { withPatience } from "./patience.ts";
import type { PressureGate } from "./pressure_gate.ts";

/** Where and how to publish. */
export interface StreamProducerOptions<Data = unknown> {
  /** Where the stream is. The producer does not close it. */
  readonly broker: StreamStore;
  /** The stream's name; it is made by the first event. */
  readonly stream: string;
  /**
   * Wanted length of the stream, in entries. Older ones are trimmed, roughly, but never one that a group has not
   * finished. Default: none, the stream grows until somebody trims it.
   */
  readonly lengthMax?: number;
  /**
   * Checks every event's data; its output, with defaults and conversions, is what is published. Any Standard Schema
   * (Zod, Valibot, ArkType). Default: none.
   */
  readonly schema?: Schema<Data, unknown>;
  /** How long idempotency keys are remembered, in ms. Default: 86,400,000, a day. */
  readonly idempotencyWindowMs?: number;
  /**
   * How long one append goes on trying while the broker is away, in ms; 0 tries once. Default: 30,000. Events with
   * idempotency keys are given half of `idempotencyWindowMs` at most, so that none is appended twice.
   */
  readonly deadlineMs?: number;
  /** Waits between two tries. Default: 50 ms, doubling up to 500 ms, with jitter. */
  readonly backoff?: BackoffOptions;
  /**
   * Holds back while a group of the stream is too far behind, in whatever process its consumers run. Needs a broker with
   * groups, as `connect` opens it. Default: none, publishing never waits for consumers.
   */
  readonly backpressure?: ProducerBackpressure;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** For one call. */
export interface PublishOptions {
  /** Ends the waiting between two tries and for room; the call then rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * What became of an event: its `id`, and `duplicate` when its idempotency key was known and nothing was appended. A
 * try of the same call whose answer was lost counts too, so that `duplicate` is no sign of a mistake.
 */
export type PublishResult = AppendResult;

/** Longer than a restart of the broker, shorter than a user's patience. */
const DEADLINE_MS = 30_000;

/**
 * Publishes events into one stream.
 *
 * @example An event that is there once, however often it is published
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const orders = new StreamProducer<{ id: number }>({ broker, stream: "orders" });
 * const event = { type: "order.placed", data: { id: 7 }, key: "customer-1", idempotencyKey: "order-7" };
 *
 * const first = await orders.publish(event);
 * const again = await orders.publish(event);
 * assertEquals(again, { id: first.id, duplicate: true });
 * ```
 *
 * @example A producer that is refused while a group is too far behind
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { connect, ConsumerGroupManager, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * await new ConsumerGroupManager(broker).create("orders", "billing", "beginning", {
 *   createStream: true,
 * });
 * await new StreamProducer({ broker, stream: "orders" }).publishMany([{ type: "a" }, { type: "b" }]);
 *
 * using orders = new StreamProducer({
 *   broker,
 *   stream: "orders",
 *   backpressure: { lagMax: 2, then: "reject" },
 * });
 * await assertRejects(
 *   () => orders.publish({ type: "c" }),
 *   Error,
 *   'group "billing" of "orders": lag is 2, bound 2',
 * );
 * ```
 */
export class StreamProducer<Data = unknown> implements Disposable {
  readonly #broker: StreamStore;
  readonly #stream: string;
  readonly #schema: Schema<Data, unknown> | undefined;
  readonly #append: AppendOptions;
  readonly #deadlineMs: number;
  readonly #backoff: BackoffOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #gate: PressureGate | null;
  #closed = false;

  /**
   * Makes a producer; nothing is sent yet.
   *
   * @throws {InvalidNameError} When the stream's or a group's name cannot work.
   * @throws {InvalidOptionError} When an option cannot work.
   */
  constructor(options: StreamProducerOptions<Data>) {
    const { lengthMax, idempotencyWindowMs, deadlineMs = DEADLINE_MS } = options;
    if (lengthMax !== undefined) checkCount("lengthMax", lengthMax, 1);
    if (idempotencyWindowMs !== undefined) {
      checkCount("idempotencyWindowMs", idempotencyWindowMs, 1);
    }
    this.#broker = options.broker;
    this.#stream = checkName("stream", options.stream);
    this.#schema = options.schema;
    this.#append = {
      ...(lengthMax === undefined ? {} : { lengthMax }),
      ...(idempotencyWindowMs === undefined ? {} : { idempotencyWindowMs }),
    };
    this.#deadlineMs = checkCount("deadlineMs", deadlineMs, 0);
    this.#backoff = checkBackoff("backoff", options.backoff ?? BROKER_BACKOFF);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    const { backpressure } = options;
    this.#gate = backpressure === undefined ? null : openGate(backpressure, {
      owner: this.#name,
      broker: this.#broker,
      stream: this.#stream,
      isTrimming: lengthMax !== undefined,
      clock: this.#clock,
      random: this.#random,
    });
  }

  /** The stream's name. */
  get stream(): string {
    return this.#stream;
  }

  /**
   * Publishes one event and waits until the broker has it.
   *
   * @param event What to publish.
   * @throws {InvalidEventError} When it cannot be published as it is, or its data does not fit the schema.
   * @throws {UnknownOutcomeError} When the connection broke after sending: at once without an idempotency key, after
   * the deadline with one. With a key, publish it again; without, it may then be there twice.
   * @throws {BrokerUnavailableError} When the broker was away until the deadline; nothing was appended.
   * @throws {BackpressureError} When a group is too far behind; nothing was appended.
   * @throws {ClosedError} When the producer was closed before the event was sent.
   */
  async publish(event: NewEvent<Data>, options: PublishOptions = {}): Promise<PublishResult> {
    const [result] = await this.#appendAll([await this.#entryOf(event)], options.signal);
    if (result === undefined) throw new TypeError("The broker answered an append with no result");
    return result;
  }

  /**
   * Publishes many events, in order, in appends of at most 1,000 events and 4 MiB. Each append is all or none; when one
   * fails, those before it stay. An event that cannot be published refuses the whole list before anything is sent.
   * An append is tried again after a broken connection only if all its events have idempotency keys. With backpressure,
   * every append is held back by itself; the error then tells how many events were published before.
   *
   * @returns One result per event, in order.
   * @throws As {@linkcode StreamProducer.publish}.
   */
  async publishMany(
    events: readonly NewEvent<Data>[],
    options: PublishOptions = {},
  ): Promise<PublishResult[]> {
    const entries: AppendEntry[] = [];
    for (const event of events) {
      try {
        entries.push(await this.#entryOf(event));
      } catch (error) {
        if (!(error instanceof InvalidEventError)) throw error;
        const reason = `${error.reason} (number ${entries.length + 1} of ${events.length})`;
        throw new InvalidEventError(reason, { cause: error.cause });
      }
    }
    return await this.#appendAll(entries, options.signal);
  }

  /**
   * Ends the producer: what waits for room is refused, what was sent settles. A producer without backpressure holds
   * nothing, and need not be closed. Idempotent.
   */
  close(): void {
    this.#closed = true;
    this.#gate?.close();
  }

  /** As {@linkcode StreamProducer.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  get #name(): string {
    return `the producer of stream "${this.#stream}"`;
  }

  async #entryOf(event: NewEvent<Data>): Promise<AppendEntry> {
    const data = this.#schema === undefined
      ? event.data
      : await checkData(this.#schema, event.data);
    const { idempotencyKey } = event;
    return {
      fields: encodeEvent({ ...event, data }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    };
  }

  async #appendAll(
    entries: readonly AppendEntry[],
    signal?: AbortSignal,
  ): Promise<PublishResult[]> {
    const results: PublishResult[] = [];
    for (const group of appendGroups(entries)) {
      if (this.#closed) throw new ClosedError(this.#name);
      await this.#gate?.pass(group.length, { signal, publishedCount: results.length });
      try {
        results.push(...await this.#appendGroup(group, signal));
      } finally {
        this.#gate?.landed(group.length);
      }
    }
    return results;
  }

  #appendGroup(group: readonly AppendEntry[], signal?: AbortSignal): Promise<AppendResult[]> {
    const idempotent = group.every((entry) => entry.idempotencyKey !== undefined);
    const { idempotencyWindowMs = Infinity } = this.#append;
    return withPatience(() => this.#broker.append(this.#stream, group, this.#append), {
      idempotent,
      // A later try might come when the broker has forgotten the keys of the first one; half leaves time for its way.
      deadlineMs: idempotent
        ? Math.min(this.#deadlineMs, idempotencyWindowMs / 2)
        : this.#deadlineMs,
      backoff: this.#backoff,
      signal,
      clock: this.#clock,
      random: this.#random,
    });
  }
}

async function checkData(schema: Schema, data: unknown): Promise<unknown> {
  let validation;
  try {
    validation = await validateData(schema, data);
  } catch (cause) {
    throw new InvalidEventError("its schema threw while checking the data", { cause });
  }
  if (validation.valid) return validation.value;
  throw new InvalidEventError(`its data does not fit the schema: ${validation.issues}`);
}

function checkCount(option: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new InvalidOptionError(option, value, `a whole number from ${min}`);
}
