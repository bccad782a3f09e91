/**
 * The map: how a configuration becomes a running service, in the order of the flow. What happens inside a consumer is
 * told by its chart, `consumer/machine.ts`; how consumers are kept running, by `orchestrator/machine.ts`.
 *
 * @module
 */

import { brokerUrl, type Config } from "./config/config.ts";
import { configFor, type OperatorWish } from "./config/operator_wish.ts";
import { Orchestrator } from "./orchestrator/orchestrator.ts";
import { instanceName } from "./orchestrator/instance_name.ts";
import type { Log } from "./ports/log.ts";
import { systemRandom } from "./ports/random.ts";
import { connect } from "./service/connect.ts";
import { openHttp, openInspectorOf, openRuns } from "./service/of_config.ts";
import { loadRunKinds } from "./service/run_modules.ts";
import { ServiceParts } from "./service/service_parts.ts";
import { loadPlans } from "./service/stream_modules.ts";
import { abortOf, unlessAborted } from "./service/unless_aborted.ts";
import { Chorus } from "./telemetry/chorus.ts";

export { connect };

/** How a service is run. */
export interface ServiceOptions extends OperatorWish {
  /** Ends the service: what runs is finished, committed, and the rest handed back. */
  readonly signal: AbortSignal;
  /** Where log lines go. */
  readonly log: Log;
}

/**
 * Runs everything that a configuration has: consumers, runs, and HTTP.
 *
 * @returns When all have ended after the signal.
 * @throws {ConfigurationError} When a module cannot be used, or two consumers of one group would get the same name.
 * @throws {PortTakenError} When another program listens at the port. What else `serveHttp` throws.
 * @throws The error of the first consumer that was given up: at the end, when others went on without it.
 */
export async function runService(given: Config, options: ServiceOptions): Promise<void> {
  const { signal } = options;
  using log = new Chorus(options.log);
  const config = configFor(given, options);
  const load = () => Promise.all([loadPlans(config), loadRunKinds(config.runs)]);
  const modules = await unlessAborted(signal, load);
  if (modules === null) return;
  await using broker = await connect(brokerUrl(config), { signal }).catch((error: unknown) => {
    if (signal.aborted) return null; // told to end while the server was down
    throw error;
  });
  if (broker === null) return;
  log.log("info", "connected", { broker: broker.kind, location: broker.location });

  const [plans, kinds] = modules;
  const { supervision, backpressure, stop: { graceMs } } = config;
  const consumers = plans.length === 0
    ? null
    : new Orchestrator({ broker, consumers: plans, supervision, backpressure, log });
  const instance = consumers?.instance ?? instanceName(systemRandom);
  const runs = openRuns(config, { broker, log, kinds, instance });
  const inspector = await openInspectorOf(config, { broker, log, consumers });
  const parts = new ServiceParts({ runs, consumers, inspector, graceMs });
  const end = () => void parts.end();
  try {
    parts.http = await openHttp(config, { broker, log, parts, signal });
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) return;
    consumers?.start().catch(() => {}); // told by its end
    await (consumers?.finished ?? abortOf(signal));
  } finally {
    signal.removeEventListener("abort", end);
    await parts.end();
  }
}
