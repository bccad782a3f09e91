/**
 * For the tests of your own handlers: {@linkcode simulate} runs a handler while processes die, networks break and events
 * come again, in virtual time, and tells whether it keeps the promise of exactly once.
 *
 * @example
 * ```ts
 * import { simulate } from "@tidemark/tidemark/testing";
 *
 * await simulate((event, ctx) => ctx.publish("invoices", { type: "invoice.sent", data: event.data }), {
 *   events: [{ type: "order.placed", data: { total: 42 } }],
 *   runs: 10,
 * });
 * ```
 *
 * @module
 */

export { type HandlerMaker, simulate, type SimulateOptions } from "./simulate.ts";
export type { SimulationReport } from "./simulation_report.ts";
export type { OutsideWorld } from "./handler_run.ts";
export type { SimulatedOutput } from "./simulated_output.ts";
export type { HandlerFault } from "./handler_plan.ts";
export { type Break, type BreakKind, BrokenPromiseError } from "./broken_promise.ts";
export type { Behaviour, EntryPlan, GroupPlan, MemberPlan, Plan, ProcessPlan } from "./plan.ts";
export type {
  BrokerFault,
  CallFault,
  ClockFault,
  Fault,
  FaultKind,
  FaultMoment,
  ProcessFault,
  StrikableMethod,
  StruckCall,
} from "./fault.ts";

// What a handler and its events are.
export type {
  Handler,
  HandlerContext,
  HandlerDefinition,
  HandlerFunction,
} from "../workers/handler.ts";
export type { Event, EventHeaders, NewEvent } from "../domain/event.ts";
export type { Order } from "../ports/consumer_store.ts";
export type { CheckpointLostPolicy } from "../consumer/start_up_decision.ts";
export type { EntryId } from "../domain/entry_id.ts";
export { type Recovery, TidemarkError } from "../domain/errors.ts";
export type { Schema, SchemaIssue, SchemaProperties, SchemaResult } from "../domain/schema.ts";
export type { SqlValue, Transaction, TransactionWork } from "../domain/transaction.ts";
export type { LogFields, LogLevelName } from "../ports/log.ts";
