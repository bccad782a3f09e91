/**
 * What a consumer can be told, with its defaults. `config/options.ts` holds the same values for `config.yaml`; a test
 * keeps the two equal.
 *
 * @module
 */

import {
  type BackoffOptions,
  checkBackoff,
  HANDLER_BACKOFF,
  TIMER_MS_MAX,
} from "../domain/backoff.ts";
import type { Codec } from "../domain/codec.ts";
import { parseEntryId } from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { checkName } from "../domain/names.ts";
import type { Broker } from "../ports/broker.ts";
import type { CheckpointStore } from "../ports/checkpoint_store.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { Order } from "../ports/consumer_store.ts";
import type { StartPosition } from "../ports/group_store.ts";
import { type Log, silentLog } from "../ports/log.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import { harmlessLog } from "./bystander.ts";
import type { Report } from "./report.ts";
import type { CheckpointLostPolicy, DataLossPolicy } from "./start_up_decision.ts";

/** How a consumer works. */
export interface StreamConsumerOptions {
  /** The broker that holds the stream. It is not closed with the consumer. */
  readonly broker: Broker;
  /** The stream to read. */
  readonly stream: string;
  /** The group. Every group gets every event; the consumers of a group share them. */
  readonly group: string;
  /** This consumer's name in the group. Two processes must not share one. Default "main". */
  readonly consumer?: string;
  /** Where a new group begins. Default "beginning". */
  readonly start?: StartPosition;
  /** Make the stream when it is missing. Default true. */
  readonly createStream?: boolean;
  /** Whether events of one key keep their order, over all consumers of the group. Default "key". */
  readonly order?: Order;
  /**
   * Where handlers run: in this isolate, side by side as long as they wait for something, or each worker in a thread of
   * its own, for handlers that keep a processor busy. Threads import the handler by its module. Default "inline".
   */
  readonly mode?: "inline" | "threads";
  /** How many workers stay when there is nothing to do; 1 to `workersMax`. Default 1. */
  readonly workersMin?: number;
  /**
   * How many workers there are at most, and so how many handlers run at once; 1 to 1,000. One more is started when an
   * event is ready and none is free; who had nothing to do for 5 to 10 s is ended. With 1, events without a key are
   * handled in order too. Default 1.
   */
  readonly workersMax?: number;
  /**
   * At most so many entries a read; 1 to 1,000. Default 100. Two reads' worth may be here; where handlers finish within
   * milliseconds, up to 16 times as many, at most 512.
   */
  readonly count?: number;
  /** How long a read waits for new entries, in ms; 1 to 60,000. Default 1,000. */
  readonly blockMs?: number;
  /** How entries are read. Default "event". */
  readonly codec?: Codec;
  /** How long one attempt of a handler may take, in ms; 0 for no bound. Default 0. */
  readonly handlerTimeoutMs?: number;
  /** After so many failed attempts an event becomes a dead letter; 1 to 1,000,000. Default 5. */
  readonly attemptsMax?: number;
  /** An event handed out more often (by crashes) becomes a dead letter; 1 to 1,000,000. Default 10. */
  readonly deliveriesMax?: number;
  /** Waits between attempts. Default 100 ms, doubled, at most 30 s. */
  readonly retry?: Partial<BackoffOptions>;
  /** How long entries stay with a consumer that renews nothing, in ms; 300 to 3,600,000. Default 10,000. */
  readonly leaseMs?: number;
  /** How long `stop` waits for running handlers, in ms; 0 to 2,147,483,647. Default 10,000. */
  readonly graceMs?: number;
  /** A separate place that mirrors the checkpoint. Default: none, it is kept beside the stream only. */
  readonly checkpointStore?: CheckpointStore | null;
  /** What to do when the checkpoint no longer fits the stream. Default "stop". */
  readonly onCheckpointLost?: CheckpointLostPolicy;
  /** What to do when entries were trimmed or deleted before they were read, at a start and at work. Default "continue". */
  readonly onDataLoss?: DataLossPolicy;
  /** Told of what a person should know. */
  readonly onReport?: (report: Report) => void;
  /** Where log lines go. Default: nowhere. */
  readonly log?: Log;
  /** Observes every transition of the machine, as XState's `inspect` does. It can never harm the consumer. */
  readonly inspect?: (event: unknown) => void;
  /** Time. Default: this machine's. */
  readonly clock?: Clock;
  /** Chance. Default: this machine's. */
  readonly random?: Random;
}

/** Options with every default filled in. */
export type ResolvedConsumerOptions =
  & Required<Omit<StreamConsumerOptions, "retry" | "inspect">>
  & { readonly retry: BackoffOptions; readonly inspect: ((event: unknown) => void) | null };

/**
 * Fills in the defaults and checks every value.
 *
 * @throws {InvalidNameError} or {InvalidOptionError} At the first value that cannot work.
 */
export function resolveConsumerOptions(options: StreamConsumerOptions): ResolvedConsumerOptions {
  const { retry, inspect, ...given } = options;
  const resolved: ResolvedConsumerOptions = {
    consumer: "main",
    start: "beginning",
    createStream: true,
    order: "key",
    mode: "inline",
    workersMin: 1,
    workersMax: 1,
    count: 100,
    blockMs: 1_000,
    codec: "event",
    handlerTimeoutMs: 0,
    attemptsMax: 5,
    deliveriesMax: 10,
    leaseMs: 10_000,
    graceMs: 10_000,
    checkpointStore: null,
    onCheckpointLost: "stop",
    onDataLoss: "continue",
    onReport: () => {},
    clock: systemClock,
    random: systemRandom,
    ...withoutUndefined(given),
    log: harmlessLog(given.log ?? silentLog),
    retry: checkBackoff("retry", { ...HANDLER_BACKOFF, ...withoutUndefined(retry ?? {}) }),
    inspect: inspect ?? null,
  };
  checkName("stream", resolved.stream);
  checkName("group", resolved.group);
  checkName("consumer", resolved.consumer);
  checkHas("broker", resolved.broker, ["commit", "an open broker, as await connect() gives it"]);
  checkHas("log", given.log ?? silentLog, ["log", "an object with a function log"]);
  checkOneOf("order", resolved.order, ["key", "none"]);
  checkOneOf("mode", resolved.mode, ["inline", "threads"]);
  checkOneOf("onCheckpointLost", resolved.onCheckpointLost, [
    "stop",
    "resetToStart",
    "resetToEnd",
  ]);
  checkOneOf("onDataLoss", resolved.onDataLoss, ["continue", "stop"]);
  if (typeof resolved.codec !== "function") {
    checkOneOf("codec", resolved.codec, ["event", "fields"]);
  }
  if (resolved.checkpointStore !== null) {
    checkHas("checkpointStore", resolved.checkpointStore, ["save", "a checkpoint store or null"]);
  }
  checkStart(resolved.start);
  checkRange("workersMax", resolved.workersMax, [1, 1_000]);
  checkRange("workersMin", resolved.workersMin, [1, 1_000]);
  if (resolved.workersMin > resolved.workersMax) {
    const wanted = `at most workersMax, which is ${resolved.workersMax}`;
    throw new InvalidOptionError("workersMin", resolved.workersMin, wanted);
  }
  checkRange("count", resolved.count, [1, 1_000]);
  checkRange("blockMs", resolved.blockMs, [1, 60_000]);
  checkRange("handlerTimeoutMs", resolved.handlerTimeoutMs, [0, TIMER_MS_MAX]);
  checkRange("attemptsMax", resolved.attemptsMax, [1, 1_000_000]);
  checkRange("deliveriesMax", resolved.deliveriesMax, [1, 1_000_000]);
  checkRange("leaseMs", resolved.leaseMs, [300, 3_600_000]);
  checkRange("graceMs", resolved.graceMs, [0, TIMER_MS_MAX]);
  return resolved;
}

function checkStart(start: StartPosition): void {
  if (start === "beginning" || start === "end") return;
  if (typeof start !== "object" || start === null) {
    const wanted = '"beginning", "end", { afterId } or { fromTimeMs }';
    throw new InvalidOptionError("start", start, wanted);
  }
  if ("afterId" in start) {
    parseEntryId(start.afterId);
  } else if (!(start.fromTimeMs >= 0 && Number.isFinite(start.fromTimeMs))) {
    throw new InvalidOptionError("start.fromTimeMs", start.fromTimeMs, "milliseconds since 1970");
  }
}

function checkOneOf(name: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const wanted = known.map((each) => JSON.stringify(each)).join(" or ");
  throw new InvalidOptionError(name, value, wanted);
}

function checkHas(name: string, value: object, [method, wanted]: readonly [string, string]): void {
  const found = typeof value === "object" && value !== null ? Reflect.get(value, method) : null;
  if (typeof found === "function") return;
  throw new InvalidOptionError(name, value instanceof Promise ? "a promise" : typeof value, wanted);
}

function checkRange(name: string, value: number, [min, max]: readonly [number, number]): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidOptionError(name, value, `a whole number from ${min} to ${max}`);
  }
}

/** An option given as `undefined` is one that was not given. */
function withoutUndefined<Given extends object>(given: Given): Given {
  const copy = { ...given };
  for (const name of Object.keys(copy) as (keyof Given)[]) {
    if (copy[name] === undefined) delete copy[name];
  }
  return copy;
}
