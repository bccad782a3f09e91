/**
 * What a configured stream needs beyond its settings: the user's modules, loaded, and its settings as a consumer's
 * options.
 *
 * @module
 */

import type { Config, StreamConfig } from "../config/config.ts";
import type { StreamConsumerOptions } from "../consumer/options.ts";
import type { Codec } from "../domain/codec.ts";
import { ConfigurationError } from "../config/configuration_error.ts";
import type { Handler } from "../workers/handler.ts";

/** The user's modules of one stream. */
export interface StreamModules {
  /** The handler. */
  readonly handler: Handler;
  /** How entries are read. */
  readonly codec: Codec;
}

/**
 * Imports the handler, and the codec if it is a module.
 *
 * @throws {ConfigurationError} When one cannot be imported or has no fitting default export.
 */
export async function loadModules(stream: StreamConfig): Promise<StreamModules> {
  const handler = await defaultExport(stream, "handler", stream.handler);
  if (!isHandler(handler)) throw noHandler(stream, "handler", stream.handler);
  if (typeof stream.codec === "string") return { handler, codec: stream.codec };
  const codec = await defaultExport(stream, "codec", stream.codec.module);
  if (!isCodec(codec)) throw noHandler(stream, "codec", stream.codec.module);
  return { handler, codec };
}

/** A stream's settings as a consumer's options, but for the broker and the modules. */
export function consumerOptionsOf(
  config: Config,
  stream: StreamConfig,
): Omit<StreamConsumerOptions, "broker" | "codec"> {
  const { attemptsMax, deliveriesMax, ...retry } = config.retry;
  const { blockMs, count } = config.redisStreams;
  const { name, group, consumer, start, order, workersMax, handlerTimeoutMs } = stream;
  const { createStream, onCheckpointLost, onDataLoss } = stream;
  return {
    stream: name,
    group,
    consumer,
    start,
    order,
    workersMax,
    handlerTimeoutMs,
    createStream,
    onCheckpointLost,
    onDataLoss,
    blockMs,
    count,
    attemptsMax,
    deliveriesMax,
    retry,
    leaseMs: config.lease.leaseMs,
    graceMs: config.stop.graceMs,
  };
}

async function defaultExport(
  stream: StreamConfig,
  role: "handler" | "codec",
  specifier: string,
): Promise<unknown> {
  let module: { readonly default?: unknown };
  try {
    module = await import(specifier);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw fault(stream, `${role} ${specifier} cannot be imported: ${reason}`, cause);
  }
  return module.default;
}

function isHandler(value: unknown): value is Handler {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && "handle" in value &&
    typeof value.handle === "function";
}

function isCodec(value: unknown): value is Extract<Codec, (...given: never[]) => unknown> {
  return typeof value === "function";
}

function noHandler(stream: StreamConfig, role: "handler" | "codec", specifier: string): Error {
  const wanted = role === "handler" ? "a function or defineHandler({…})" : "a function";
  return fault(stream, `${role} ${specifier} has no fitting default export, wanted ${wanted}`);
}

function fault(stream: StreamConfig, text: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError("the configuration", [`stream "${stream.name}": ${text}`], {
    cause,
  });
}
