/**
 * What a configured stream needs beyond its settings: the user's modules, loaded, and its settings as a consumer's
 * options.
 *
 * @module
 */

import type { Config, StreamConfig } from "../config/config.ts";
import { consumerNames } from "../config/consumers.ts";
import type { StreamConsumerOptions } from "../consumer/options.ts";
import { ConfigurationError } from "../config/configuration_error.ts";
import type { ConsumerPlan } from "../orchestrator/plan.ts";
import { HandlerModuleError, loadCodec, loadHandler } from "../workers/handler_module.ts";

/** What of a plan comes from the user's modules. */
export type StreamModules = Pick<ConsumerPlan, "handler" | "codec">;

/**
 * Imports the handler, and the codec if it is a module. In threads they are imported by the threads alone.
 *
 * @throws {ConfigurationError} When one cannot be imported or has no fitting default export.
 */
export async function loadModules(
  { name, mode, handler, codec }: StreamConfig,
): Promise<StreamModules> {
  if (mode === "threads") {
    return typeof codec === "string"
      ? { handler: { module: handler }, codec }
      : { handler: { module: handler, codec: codec.module } };
  }
  try {
    return {
      handler: await loadHandler(handler),
      codec: typeof codec === "string" ? codec : await loadCodec(codec.module),
    };
  } catch (error) {
    if (!(error instanceof HandlerModuleError)) throw error;
    const { role, module, reason } = error;
    const fault = `stream "${name}": ${role} ${module}: ${reason}`;
    throw new ConfigurationError("the configuration", [fault], { cause: error });
  }
}

/**
 * Imports the modules of every stream, and tells what is to be run.
 *
 * @returns One plan per consumer.
 * @throws {ConfigurationError} When a module cannot be imported or has no fitting default export.
 */
export async function loadPlans(config: Config): Promise<ConsumerPlan[]> {
  const plans = config.redisStreams.streams.map(async (stream) => {
    const modules = await loadModules(stream);
    const { onFenced } = stream;
    return consumerNames(stream).map((consumer) => ({
      ...consumerOptionsOf(config, { ...stream, consumer }),
      ...modules,
      onFenced,
    }));
  });
  return (await Promise.all(plans)).flat();
}

/** A stream's settings as a consumer's options, but for the broker and the modules. */
export function consumerOptionsOf(
  config: Config,
  stream: StreamConfig,
): Omit<StreamConsumerOptions, "broker" | "codec"> {
  const { attemptsMax, deliveriesMax, ...retry } = config.retry;
  const { blockMs, count } = config.redisStreams;
  const { name, group, consumer, start, order, mode, handlerTimeoutMs } = stream;
  const { workersMin, workersMax, createStream, onCheckpointLost, onDataLoss } = stream;
  return {
    stream: name,
    group,
    consumer,
    start,
    order,
    mode,
    workersMin,
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
