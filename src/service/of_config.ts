/**
 * Runs and HTTP as a configuration wants them.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { HttpTokens } from "../http/tokens.ts";
import type { Broker } from "../ports/broker.ts";
import type { Log } from "../ports/log.ts";
import type { RunKind } from "../runs/run_definition.ts";
import { RunManager } from "../runs/run_manager.ts";
import type { HttpService } from "./http_service_options.ts";
import { serveHttp } from "./serve_http.ts";
import type { ServiceParts } from "./service_parts.ts";
import { serviceReadiness } from "./service_readiness.ts";

/** What both need of the service. */
export interface PartContext {
  /** Where. */
  readonly broker: Broker;
  /** Where log lines go. */
  readonly log: Log;
}

/**
 * Makes the run manager of a configuration.
 *
 * @param context `kinds`: of its modules; `instance`: what this process is called.
 * @returns `null` where there is neither a kind of runs nor anybody who could ask for runs.
 */
export function openRuns(
  { runs, http }: Pick<Config, "runs" | "http">,
  context: PartContext & { readonly kinds: readonly RunKind[]; readonly instance: string },
): RunManager | null {
  const { kinds, log } = context;
  if (http.port === 0 && kinds.length === 0) return null;
  if (http.port === 0) {
    log.log("warn", "nobody can start runs here, because http.port is 0", {
      kinds: kinds.map(({ kind }) => kind).join(", "),
    });
  }
  const { ttlMs, kinds: _, ...bounds } = runs;
  return new RunManager({ ...bounds, ttlMs: ttlMs === 0 ? null : ttlMs, ...context });
}

/**
 * Serves what a configuration says.
 *
 * @param context `parts`: what is shown, and tells whether the service can do its work; `signal`: ends the service.
 * @returns `null` where it has no port.
 * @throws What `serveHttp` throws.
 */
export async function openHttp(
  { http }: Pick<Config, "http">,
  context: PartContext & { readonly parts: ServiceParts; readonly signal: AbortSignal },
): Promise<HttpService | null> {
  if (http.port === 0) return null;
  const { broker, log, parts, signal } = context;
  const { runs, consumers } = parts;
  const readiness = serviceReadiness({
    broker,
    consumers: () => consumers?.facts() ?? [],
    isStopping: () => parts.isEnding || signal.aborted,
  });
  const { port, hostname, streams, allowedHosts, allowedOrigins } = http;
  const { streamsMax, streamsPerAddressMax, streamsPerRunMax } = http;
  const service = await serveHttp({
    broker,
    log,
    readiness,
    streams,
    ...(runs === null ? {} : { runs }),
    port,
    hostname,
    tokens: tokensOf(http),
    allowedHosts,
    allowedOrigins,
    limits: { streamsMax, streamsPerAddressMax, streamsPerRunMax },
  });
  log.log("info", "http listens", { url: service.address.url });
  return service;
}

function tokensOf({ readToken: read, controlToken: control }: Config["http"]): HttpTokens {
  return { ...(read === undefined ? {} : { read }), ...(control === undefined ? {} : { control }) };
}
