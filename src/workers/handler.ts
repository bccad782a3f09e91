/**
 * The handler: the user's function, and what it is given beside the event.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import type { Event, NewEvent } from "../domain/event.ts";
import type { Schema } from "../domain/schema.ts";
import type { TransactionWork } from "../domain/transaction.ts";
import type { LogFields, LogLevelName } from "../ports/log.ts";

/**
 * What a handler can do besides returning. Outputs, deferral and dead letter take effect with the commit of the entry
 * and only if the handler returns without throwing; after it has returned or was aborted, every method throws.
 */
export interface HandlerContext {
  /** Aborted when the handler must stop: it ran too long, its entry was taken over, or its consumer stops. */
  readonly signal: AbortSignal;
  /** Which run of a handler on this entry it is, as far as is known; from 1, never falls. */
  readonly attempt: number;
  /** How often the broker has handed the entry out; from 1. */
  readonly deliveries: number;
  /**
   * The same for every attempt on this entry and for no other entry ever: `incarnation:stream:id`. Give it to effects
   * outside of the broker, so that they happen once. Every group of the stream has the same one for an entry: where two
   * of them call one service, put the group's name before it.
   */
  readonly idempotencyKey: string;
  /** Writes a line to the log, with stream, group, consumer and id. */
  log(level: LogLevelName, message: string, fields?: LogFields): void;
  /**
   * Publishes an event, exactly once: it is appended in the same atomic commit that acknowledges this entry.
   *
   * @throws {InvalidEventError} When it cannot be written, or all outputs of this entry would have more than 64 Mi
   * characters; uncaught it fails the attempt.
   */
  publish(stream: string, event: NewEvent): void;
  /**
   * Leaves this entry for later. Its outputs are dropped; events of the same key wait, others go on. Survives a crash.
   *
   * @param delayMs From now, 0 to 31,536,000,000 (a year).
   */
  defer(delayMs: number): void;
  /** Gives this entry up: it is moved to the dead letters with the reason. Its outputs are dropped. */
  deadLetter(reason: string): void;
  /**
   * Leaves work on the user's own tables, done in the same transaction as the acknowledgement, in the order of entries.
   * Only on SQLite.
   *
   * @throws {BrokerUnsupportedError} On a broker that shares no database.
   */
  database(work: TransactionWork): void;
}

/**
 * Handles one event. Returning (or resolving) means done; throwing (or rejecting) means that it is tried again.
 */
export type HandlerFunction<Data = unknown> = (
  event: Event<Data>,
  context: HandlerContext,
) => void | Promise<void>;

/** A handler with the shape of its data. */
export interface HandlerDefinition<Data = unknown> {
  /** Handles one event. */
  readonly handle: HandlerFunction<Data>;
  /** Checks (and may convert) the data of every event; what fails becomes a dead letter. Any Standard Schema. */
  readonly schema?: Schema<unknown, Data> | undefined;
  /** How long one attempt may take, in ms; overrides the consumer's `handlerTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/** What a consumer takes as its handler. */
export type Handler<Data = unknown> = HandlerFunction<Data> | HandlerDefinition<Data>;

/**
 * Types a handler. With a schema, `event.data` has the schema's type.
 *
 * @example The default export of a module that `config.yaml` names
 * ```ts
 * import { defineHandler } from "@tidemark/tidemark";
 *
 * export default defineHandler<{ total: number }>((event, ctx) => {
 *   if (event.data.total < 0) return ctx.deadLetter("a negative total");
 *   ctx.publish("invoices", { type: "invoice.sent", data: event.data, key: event.key });
 * });
 * ```
 *
 * @example With a schema: what does not fit becomes a dead letter, and what fits has a type
 * ```ts
 * import { defineHandler, type Schema } from "@tidemark/tidemark";
 *
 * const order: Schema<unknown, { total: number }> = {
 *   "~standard": {
 *     version: 1,
 *     vendor: "by hand", // Zod, Valibot and ArkType make such objects
 *     validate: (value) =>
 *       typeof value === "object" && value !== null && "total" in value &&
 *         typeof value.total === "number"
 *         ? { value: { total: value.total } }
 *         : { issues: [{ message: "wanted a number", path: ["total"] }] },
 *   },
 * };
 *
 * export default defineHandler({
 *   schema: order,
 *   timeoutMs: 5_000,
 *   handle: (event, ctx) => ctx.log("info", "handled", { total: event.data.total }),
 * });
 * ```
 *
 * @param handler The function, or the function with its schema.
 * @returns The handler in its full form.
 * @throws {InvalidOptionError} When it is none.
 */
export function defineHandler<Data = unknown>(handler: Handler<Data>): HandlerDefinition<Data> {
  if (typeof handler === "function") return { handle: handler };
  if (typeof handler?.handle === "function") return handler;
  const given = typeof handler === "object" && handler !== null ? "an object" : handler;
  throw new InvalidOptionError("handler", given, "a function, or an object with a function handle");
}

/** Which entry an attempt is about. */
export interface AttemptPlace {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer. */
  readonly consumer: string;
  /** The stream's incarnation. */
  readonly incarnation: string;
}

/** The key for effects outside of the broker. */
export function idempotencyKeyOf(place: AttemptPlace, id: EntryId): string {
  return `${place.incarnation}:${place.stream}:${id}`;
}
