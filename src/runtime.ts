/**
 * The map: how a configuration becomes a running service, in the order of the flow. What happens inside a consumer is
 * told by its chart, `consumer/machine.ts`.
 *
 * @module
 */

import { brokerUrl, type Config, type StreamConfig, withConsumer } from "./config/config.ts";
import type { Log } from "./ports/log.ts";
import { connect } from "./service/connect.ts";
import { runConsumer } from "./service/run_consumer.ts";
import { consumerOptionsOf, loadModules } from "./service/stream_modules.ts";

export { connect };

/** How a service is run. */
export interface ServiceOptions {
  /** The consumers' name, instead of the configured ones. */
  readonly consumer?: string;
  /** Ends the service: what runs is finished, committed, and the rest handed back. */
  readonly signal: AbortSignal;
  /** Where log lines go. */
  readonly log: Log;
}

/**
 * Runs every consumer of a configuration.
 *
 * @returns When all have ended after the signal.
 * @throws {ConfigurationError} When a module cannot be used, or two consumers of one group would get the same name.
 * @throws The error of the first consumer that failed; it ends the others.
 */
export async function runService(given: Config, options: ServiceOptions): Promise<void> {
  const config = options.consumer === undefined ? given : withConsumer(given, options.consumer);
  const { streams } = config.redisStreams;
  const modules = await Promise.all(streams.map(loadModules));
  await using broker = await connect(brokerUrl(config));
  options.log.log("info", "connected", { broker: broker.kind, location: broker.location });

  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const runOne = async (stream: StreamConfig, at: number) => {
    const loaded = modules[at];
    if (loaded === undefined) return;
    const settings = consumerOptionsOf(config, stream);
    try {
      await runConsumer({ ...settings, ...loaded, broker, signal, log: options.log });
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  const ends = await Promise.allSettled(streams.map(runOne));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
