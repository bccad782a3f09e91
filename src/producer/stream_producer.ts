/**
 * The producer: publishes events into one stream. An event with an idempotency key is appended exactly once, also over
 * broken connections and restarts of the program; without a key the caller learns when nobody can know.
 *
 * @module
 */

import { type BackoffOptions, BROKER_BACKOFF, checkBackoff } from "../domain/backoff.ts";
import { InvalidOptionError } from "../domain/errors.ts";
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
import { withPatience } from "./patience.ts";

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
  /** How long one append goes on trying while the broker is away, in ms; 0 tries once. Default: 30,000. */
  readonly deadlineMs?: number;
  /** Waits between two tries. Default: 50 ms, doubling up to 500 ms, with jitter. */
  readonly backoff?: BackoffOptions;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** For one call. */
export interface PublishOptions {
  /** Ends the waiting between two tries; the call then rejects with its reason. */
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
 */
export class StreamProducer<Data = unknown> {
  readonly #broker: StreamStore;
  readonly #stream: string;
  readonly #schema: Schema<Data, unknown> | undefined;
  readonly #append: AppendOptions;
  readonly #deadlineMs: number;
  readonly #backoff: BackoffOptions;
  readonly #clock: Clock;
  readonly #random: Random;

  /**
   * Makes a producer; nothing is sent yet.
   *
   * @throws {InvalidNameError} When the stream's name cannot work.
   * @throws {InvalidOptionError} When a number cannot work.
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
   */
  async publish(event: NewEvent<Data>, options: PublishOptions = {}): Promise<PublishResult> {
    const [result] = await this.#appendAll([await this.#entryOf(event)], options.signal);
    if (result === undefined) throw new TypeError("The broker answered an append with no result");
    return result;
  }

  /**
   * Publishes many events, in order, in appends of at most 1,000 events and 4 MiB. Each append is all or none; when one
   * fails, those before it stay. An event that cannot be published refuses the whole list before anything is sent.
   * An append is tried again after a broken connection only if all its events have idempotency keys.
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
      const appended = await withPatience(
        () => this.#broker.append(this.#stream, group, this.#append),
        {
          idempotent: group.every((entry) => entry.idempotencyKey !== undefined),
          deadlineMs: this.#deadlineMs,
          backoff: this.#backoff,
          signal,
          clock: this.#clock,
          random: this.#random,
        },
      );
      results.push(...appended);
    }
    return results;
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
