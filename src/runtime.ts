/**
 * The map: how a configuration becomes a running service, in the order of the flow. What happens inside a consumer is
 * told by its chart, `consumer/machine.ts`; how consumers are kept running, by `orchestrator/machine.ts`.
 *
 * @module
 */

import { brokerUrl, type Config } from "./config/config.ts";
import { withConsumer } from "./config/consumers.ts";
import { Orchestrator } from "./orchestrator/orchestrator.ts";
import type { Log } from "./ports/log.ts";
import { connect } from "./service/connect.ts";
import { loadPlansUnlessAborted } from "./service/stream_modules.ts";
import { Chorus } from "./telemetry/chorus.ts";

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
 * @throws The error of the first consumer that was given up: at the end, when others went on without it.
 */
export async function runService(given: Config, options: ServiceOptions): Promise<void> {
  const { signal } = options;
  using log = new Chorus(options.log);
  const config = options.consumer === undefined ? given : withConsumer(given, options.consumer);
  const consumers = await loadPlansUnlessAborted(config, signal);
  if (consumers === null) return;
  await using broker = await connect(brokerUrl(config), { signal }).catch((error: unknown) => {
    if (signal.aborted) return null; // told to end while the server was down
    throw error;
  });
  if (broker === null) return;
  log.log("info", "connected", { broker: broker.kind, location: broker.location });

  const { supervision, backpressure } = config;
  await using orchestrator = new Orchestrator({
    broker,
    consumers,
    supervision,
    backpressure,
    log,
  });
  const stop = () => void orchestrator.stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) return;
    orchestrator.start().catch(() => {}); // told by its end
    await orchestrator.finished;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
