/**
 * Tidemark hands every event of a stream to a handler, commits what the handler publishes exactly once, and lets you
 * watch it do so. It runs on Redis Streams, and with no server at hand on an embedded SQLite file.
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
 *   handler: (event, ctx) => {
 *     ctx.publish("invoices", { type: "invoice.sent", data: event.data });
 *     done.abort();
 *   },
 * });
 * ```
 *
 * @module
 */

// What programs call.
export { connect, connectCheckpointStore, type ConnectOptions } from "./src/service/connect.ts";
export type { RedisTls } from "./src/brokers/redis/url.ts";
export { runConsumer, type RunConsumerOptions } from "./src/service/run_consumer.ts";
export { serveHttp } from "./src/service/serve_http.ts";
export { openInspector } from "./src/service/open_inspector.ts";
export type { Inspector, OpenInspectorOptions } from "./src/service/inspector_options.ts";
export { StreamConsumer } from "./src/consumer/consumer.ts";
export { Orchestrator, type OrchestratorOptions } from "./src/service/shown_orchestrator.ts";
export type { InspectPageOptions } from "./src/service/inspect_page.ts";
export {
  type PublishOptions,
  type PublishResult,
  StreamProducer,
  type StreamProducerOptions,
} from "./src/producer/stream_producer.ts";
export type { PressureSource, ProducerBackpressure } from "./src/producer/backpressure_options.ts";
export { type ForceOptions, StreamManager } from "./src/producer/stream_manager.ts";
export { ConsumerGroupManager } from "./src/producer/consumer_group_manager.ts";

// What programs write: handlers, codecs, schemas.
export {
  defineHandler,
  type Handler,
  type HandlerContext,
  type HandlerDefinition,
  type HandlerFunction,
} from "./src/workers/handler.ts";
export {
  type HandlerModule,
  HandlerModuleError,
  type HandlerSource,
} from "./src/workers/handler_module.ts";
export { ThreadEndedError, ThreadStartError } from "./src/workers/threads/thread_errors.ts";
export type { Event, EventHeaders, NewEvent } from "./src/domain/event.ts";
export type { Codec, DecodedEvent, FieldPair } from "./src/domain/codec.ts";
export type { SqlValue, Transaction, TransactionWork } from "./src/domain/transaction.ts";
export type { Schema, SchemaIssue, SchemaProperties, SchemaResult } from "./src/domain/schema.ts";

// What a consumer is told and tells.
export type { StreamConsumerOptions } from "./src/consumer/options.ts";
export type { ConsumerState } from "./src/consumer/consumer_state.ts";
export type { ConsumerContext, ReturnState } from "./src/consumer/machine_events.ts";
export type { Report } from "./src/consumer/report.ts";
export type {
  CheckpointLostPolicy,
  DataLossPolicy,
  StartUpRow,
} from "./src/consumer/start_up_decision.ts";
export type { BackoffOptions } from "./src/domain/backoff.ts";
export type { Load } from "./src/workers/load.ts";
export type { PoolView, RestingEntry, RunningEntry } from "./src/workers/pool_view.ts";
export type { CrewCount } from "./src/workers/crew.ts";

// What an orchestrator is told and tells.
// What `Orchestrator` adds the inspector's page to.
export { Orchestrator as BareOrchestrator } from "./src/orchestrator/orchestrator.ts";
export type {
  ConsumerSelection,
  OrchestratorOptions as BareOrchestratorOptions,
} from "./src/orchestrator/orchestrator_options.ts";
export type { ConsumerPlan } from "./src/orchestrator/plan.ts";
export type { SupervisionOptions } from "./src/orchestrator/restart_policy.ts";
export type { OrchestratorState } from "./src/orchestrator/orchestrator_events.ts";
export type { BackpressureOptions } from "./src/orchestrator/backpressure/watch_groups.ts";
export type { PressureChange } from "./src/orchestrator/backpressure/pressure_change.ts";
export type {
  GroupMeasure,
  GroupPressure,
  LagConfidence,
  PressureBounds,
  PressureLevel,
  PressureMeasure,
  PressureReason,
  StreamPressure,
} from "./src/domain/pressure.ts";
export type {
  ConsumerFacts,
  GroupFacts,
  NextAttempt,
  RunningHandler,
  SupervisionState,
} from "./src/telemetry/consumer_facts.ts";

// Runs: one execution each, with its own events.
export { EventStore } from "./src/runs/event_store.ts";
export type { EventStoreOptions } from "./src/runs/event_store_options.ts";
export { RunManager, type StopOptions } from "./src/runs/run_manager.ts";
export type { RunManagerOptions } from "./src/runs/run_manager_options.ts";
export {
  type CodedRunKind,
  defineRun,
  type ExternalRunKind,
  type RunContext,
  type RunKind,
} from "./src/runs/run_definition.ts";
export type { RunSubscription } from "./src/runs/run_subscription.ts";
export type {
  AddOptions,
  DeleteOptions,
  NewRun,
  RunEnd,
  RunFollowing,
  RunItem,
  RunList,
  RunListener,
  RunListOptions,
  RunPage,
  RunRange,
  RunService,
  RunStore,
  StartOptions,
  SubscribeOptions,
} from "./src/ports/run_service.ts";
export type {
  NewRunEvent,
  RunEndStatus,
  RunEvent,
  RunGap,
  RunRecord,
  RunStatus,
} from "./src/domain/run.ts";

// What is served over HTTP, to whom, and within which bounds.
export type { HttpService, ServeHttpOptions } from "./src/service/http_service_options.ts";
export type { HttpAddress } from "./src/http/server.ts";
export type { HttpLimits } from "./src/http/http_limits.ts";
export type { Access, HttpTokens } from "./src/http/tokens.ts";
export type { BodyBounds, BodyRule } from "./src/http/body_rule.ts";
export type { HttpApp, HttpBindings, HttpEnv, RouteGroup } from "./src/http/app.ts";
export type { Readiness, ReadyState } from "./src/http/routes/health.ts";
export { PortTakenError } from "./src/http/listen_errors.ts";

// Entries, checkpoints and dead letters.
export {
  compareEntryIds,
  ENTRY_ID_MAX,
  ENTRY_ID_ZERO,
  type EntryId,
  isEntryId,
  parseEntryId,
} from "./src/domain/entry_id.ts";
export type { Delivery, Entry, EntryFields, FieldValue } from "./src/domain/entry.ts";
export type { Checkpoint, DecodedCheckpoint } from "./src/domain/checkpoint.ts";
export { type DeadLetter, type DeadLetterMeta, readDeadLetter } from "./src/domain/dead_letter.ts";
export { deadLetterStream } from "./src/domain/names.ts";

// The ports: what a broker, a checkpoint store, a clock or a log of one's own must do.
export type { Broker } from "./src/ports/broker.ts";
export type {
  AppendEntry,
  AppendOptions,
  AppendResult,
  RangeOptions,
  StreamInfo,
  StreamStore,
  TrimBound,
} from "./src/ports/stream_store.ts";
export type {
  ConsumerInfo,
  GroupInfo,
  GroupStore,
  PendingEntry,
  PendingOptions,
  QuarantinedCheckpoint,
  ResetResult,
  StartPosition,
} from "./src/ports/group_store.ts";
export type {
  CommitRequest,
  CommitResult,
  ConsumerStore,
  Deliveries,
  EstablishPlan,
  JoinFacts,
  Membership,
  Order,
  ReadNewOptions,
  RenewResult,
  UnreadLoss,
} from "./src/ports/consumer_store.ts";
export type { AnnouncedInstance, InstanceStore } from "./src/ports/instance_store.ts";
export type { JournalAddress, JournalSnapshot } from "./src/domain/journal.ts";
export type {
  JournalChange,
  JournalChanged,
  JournalCondition,
  JournalCreated,
  JournalEntry,
  JournalList,
  JournalListOptions,
  JournalPage,
  JournalRange,
  JournalStore,
  JournalWrite,
  NewJournal,
} from "./src/ports/journal_store.ts";
export type {
  JournalGap,
  JournalNews,
  JournalWatch,
  JournalWatchOptions,
} from "./src/ports/journal_watch.ts";
export type { Output, Settlement, Verdict } from "./src/domain/settlement.ts";
export type { CheckpointStore } from "./src/ports/checkpoint_store.ts";
export type { Clock, Timer } from "./src/ports/clock.ts";
export type { Random } from "./src/ports/random.ts";
export type { Log, LogFields, LogLevelName } from "./src/ports/log.ts";
export type { ActorObserver, ActorPlace } from "./src/ports/actor_observer.ts";

// Errors: one class per condition, each with a stable `code`.
export { BackpressureError } from "./src/domain/pressure_errors.ts";
export {
  AccessDeniedError,
  BrokerUnavailableError,
  BrokerUnsupportedError,
  ClosedError,
  ConsumerFencedError,
  FileMissingError,
  InvalidEntryIdError,
  InvalidNameError,
  InvalidOptionError,
  PermissionMissingError,
  type Recovery,
  TidemarkError,
  UnknownOutcomeError,
  WrongTypeError,
} from "./src/domain/errors.ts";
export {
  EntryIdNotIncreasingError,
  GroupMissingError,
  GroupResetError,
  PendingEntriesError,
  StartBeyondEndError,
  StreamExhaustedError,
  StreamMissingError,
  UnfinishedEntriesError,
} from "./src/domain/stream_errors.ts";
export {
  JournalChangedError,
  JournalDamagedError,
  JournalMissingError,
} from "./src/domain/journal_errors.ts";
export {
  HandlerAbortedError,
  InvalidEventError,
  UndecodableEntryError,
} from "./src/domain/event_errors.ts";
export {
  InvalidRunEventError,
  InvalidRunIdError,
  InvalidRunKindError,
  RunAbortedError,
  RunEndedError,
  RunExistsError,
  RunMissingError,
  RunOwnedError,
} from "./src/domain/run_errors.ts";
export {
  CheckpointBeyondEndError,
  CheckpointChangedError,
  DataLossError,
  StreamReplacedError,
} from "./src/domain/start_errors.ts";

/** How long a program that has done its work may take to end by itself, in ms; a part of the second after the grace. */
const LAST_WORDS_MS = 50;

if (import.meta.main) {
  Deno.exitCode = 1; // until the command line says otherwise
  // Not awaited: a handler's module imports this one, and would wait for ever for its top-level await.
  import("./src/cli/main.ts").then(async ({ main }) => {
    Deno.exitCode = await main(Deno.args);
    // What a handler's module left running, such as an interval, does not keep the program alive.
    Deno.unrefTimer(setTimeout(() => Deno.exit(), LAST_WORDS_MS));
  });
}
