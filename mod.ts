/**
 * Tidemark handles the events of a stream exactly once and lets you watch it do so. It runs on Redis Streams, and with
 * no server at hand on an embedded SQLite file.
 *
 * @example Handle every event of a stream
 * ```ts
 * import { connect, runConsumer, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const orders = new StreamProducer({ broker, stream: "orders" });
 * await orders.publish({ type: "order.placed", data: { total: 42 } });
 *
 * const done = new AbortController();
 * await runConsumer({
 *   broker,
 *   stream: "orders",
 *   group: "billing",
 *   signal: done.signal,
 *   handler: (event, context) => {
 *     context.publish("invoices", { type: "invoice.sent", data: event.data });
 *     done.abort();
 *   },
 * });
 * ```
 *
 * @module
 */

export * from "./src/domain/errors.ts";
export * from "./src/domain/start_errors.ts";
export type { Checkpoint, DecodedCheckpoint } from "./src/domain/checkpoint.ts";
export type { Codec, DecodedEvent, FieldPair } from "./src/domain/codec.ts";
export type { Delivery, Entry, EntryFields, FieldValue } from "./src/domain/entry.ts";
export {
  compareEntryIds,
  ENTRY_ID_MAX,
  ENTRY_ID_ZERO,
  type EntryId,
  isEntryId,
  parseEntryId,
} from "./src/domain/entry_id.ts";
export type { Event, EventHeaders, NewEvent } from "./src/domain/event.ts";
export type { BackoffOptions } from "./src/domain/backoff.ts";
export { type DeadLetter, type DeadLetterMeta, readDeadLetter } from "./src/domain/dead_letter.ts";
export { deadLetterStream } from "./src/domain/names.ts";
export type { Output, Settlement, Verdict } from "./src/domain/settlement.ts";
export type { SqlValue, Transaction, TransactionWork } from "./src/domain/transaction.ts";
export type { Broker } from "./src/ports/broker.ts";
export type { CheckpointStore } from "./src/ports/checkpoint_store.ts";
export type { Clock, Timer } from "./src/ports/clock.ts";
export type * from "./src/ports/consumer_store.ts";
export type * from "./src/ports/group_store.ts";
export type * from "./src/ports/log.ts";
export type { Random } from "./src/ports/random.ts";
export type * from "./src/ports/stream_store.ts";
export {
  defineHandler,
  type Handler,
  type HandlerContext,
  type HandlerDefinition,
  type HandlerFunction,
} from "./src/workers/handler.ts";
export type { Load } from "./src/workers/load.ts";
export { type ConsumerState, StreamConsumer } from "./src/consumer/consumer.ts";
export type { ConsumerContext, ReturnState } from "./src/consumer/machine_events.ts";
export type { StreamConsumerOptions } from "./src/consumer/options.ts";
export type { Report } from "./src/consumer/report.ts";
export type { CheckpointLostPolicy, DataLossPolicy, StartUpRow } from "./src/consumer/start_up.ts";
export { ConsumerGroupManager } from "./src/producer/consumer_group_manager.ts";
export { type ForceOptions, StreamManager } from "./src/producer/stream_manager.ts";
export {
  type PublishOptions,
  type PublishResult,
  StreamProducer,
  type StreamProducerOptions,
} from "./src/producer/stream_producer.ts";
export { connect } from "./src/service/connect.ts";
export { runConsumer, type RunConsumerOptions } from "./src/service/run_consumer.ts";

if (import.meta.main) {
  const { main } = await import("./src/cli/main.ts");
  Deno.exitCode = await main(Deno.args);
}
