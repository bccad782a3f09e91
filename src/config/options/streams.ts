/**
 * The options of an item of `redis_streams.streams`: one stream, its group, and the consumers that this process runs.
 *
 * @module
 */

import { TIMER_MS_MAX } from "../../domain/backoff.ts";
import { choiceOption, type Option, textOption } from "../option.ts";
import { parseStart } from "../start.ts";
import { isModulePath, MODULE, NAME, STREAM_NAME } from "./accepted_texts.ts";
import { pool } from "./pool.ts";

/** The section `redis_streams.streams[]`, by the names of the program. */
export const streams = {
  name: textOption({
    path: "redis_streams.streams[].name",
    text: "The stream to read.",
    required: true,
    example: "orders",
    ...STREAM_NAME,
  }),
  group: textOption({
    path: "redis_streams.streams[].group",
    text: "The consumer group: every group gets every event, its consumers share them.",
    required: true,
    example: "billing",
    ...NAME,
  }),
  handler: textOption({
    path: "redis_streams.streams[].handler",
    text: "The module whose default export handles an event, seen from this file.",
    required: true,
    example: "./examples/first_handler.ts",
    ...MODULE,
  }),
  consumer: textOption({
    path: "redis_streams.streams[].consumer",
    text:
      "This process's name in the group; each process needs its own, a newer one takes it over.",
    default: "main",
    ...NAME,
  }),
  consumers: {
    path: "redis_streams.streams[].consumers",
    text:
      "How many consumers of the group this process runs, each with its own connection; two are named consumer-1 and consumer-2.",
    kind: "integer",
    default: 1,
    unit: "consumers",
    min: 1,
    max: 200,
  },
  onFenced: choiceOption({
    path: "redis_streams.streams[].on_fenced",
    text:
      "What to do when another process takes a consumer's name: end this consumer, or go on under a new name of its own.",
    default: "stop",
    choices: ["stop", "rename"],
  }),
  start: textOption({
    path: "redis_streams.streams[].start",
    text:
      "Where a new group begins: beginning, end, after an entry id, or at a time such as 2026-01-31T08:00Z.",
    default: "beginning",
    form: "beginning, end, entry id or time",
    wanted:
      "beginning, end, an entry id such as 1717000000000-0 or a time such as 2026-01-31T08:00Z",
    accepts: (text) => parseStart(text) !== undefined,
  }),
  order: choiceOption({
    path: "redis_streams.streams[].order",
    text:
      "Whether events of one key keep their order over all consumers of the group; none is faster.",
    default: "key",
    choices: ["key", "none"],
  }),
  mode: choiceOption({
    ...pool.mode,
    path: "redis_streams.streams[].mode",
    text: "Where handlers of this stream run, instead of pool.mode.",
    standIn: pool.mode.path,
  }),
  workersMin: {
    ...pool.workersMin,
    path: "redis_streams.streams[].workers_min",
    text:
      "How many workers a consumer of this stream keeps while there is nothing to do, instead of pool.workers_min.",
    standIn: pool.workersMin.path,
  },
  workersMax: {
    ...pool.workersMax,
    path: "redis_streams.streams[].workers_max",
    text:
      "How many events a consumer of this stream handles at the same time, instead of pool.workers_max.",
    standIn: pool.workersMax.path,
  },
  codec: textOption({
    path: "redis_streams.streams[].codec",
    text:
      "How entries are read: event (Tidemark's own), fields (any entry), or a module that exports a codec.",
    default: "event",
    form: "event, fields or a module",
    wanted: "event, fields or a path such as ./codec.ts",
    accepts: (text) => text === "event" || text === "fields" || isModulePath(text),
  }),
  handlerTimeoutMs: {
    path: "redis_streams.streams[].handler_timeout_ms",
    text:
      "How long a handler may take before its signal is aborted and the attempt has failed; 0 is no limit.",
    kind: "integer",
    default: 0,
    unit: "ms",
    min: 0,
    max: TIMER_MS_MAX,
  },
  createStream: {
    path: "redis_streams.streams[].create_stream",
    text: "Whether a missing stream is made instead of stopping.",
    kind: "flag",
    default: true,
  },
  onCheckpointLost: choiceOption({
    path: "redis_streams.streams[].on_checkpoint_lost",
    text: "What to do when the stream was deleted or replaced since the checkpoint.",
    default: "stop",
    choices: ["stop", "resetToStart", "resetToEnd"],
  }),
  onDataLoss: choiceOption({
    path: "redis_streams.streams[].on_data_loss",
    text:
      "What to do when entries were trimmed or deleted before they were read; the loss is reported either way.",
    default: "continue",
    choices: ["continue", "stop"],
  }),
} as const satisfies Record<string, Option>;
