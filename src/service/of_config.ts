/**
 * Runs, the inspector and HTTP as a configuration wants them.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { INSPECTOR_PORT } from "../config/operator_wish.ts";
import type { HttpTokens } from "../http/tokens.ts";
import type { Orchestrator } from "../orchestrator/orchestrator.ts";
import type { Broker } from "../ports/broker.ts";
import type { Log } from "../ports/log.ts";
import type { RunKind } from "../runs/run_definition.ts";
import { RunManager } from "../runs/run_manager.ts";
import type { HttpService, ServeHttpOptions } from "./http_service_options.ts";
import type { Inspector } from "./inspector_options.ts";
import { openInspector } from "./open_inspector.ts";
import { serveHttp } from "./serve_http.ts";
import type { ServiceParts } from "./service_parts.ts";
import { serviceReadiness } from "./service_readiness.ts";

/** Where something is served, and whether streams are. */
type ServePlace = Pick<ServeHttpOptions, "port" | "hostname" | "streams">;

/** What all of them need of the service. */
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
 * Opens the inspector of a configuration.
 *
 * @param context `consumers`: what is shown of this process.
 * @returns `null` where nobody is to look at this process.
 */
export async function openInspectorOf(
  { inspector }: Pick<Config, "inspector">,
  context: PartContext & { readonly consumers: Orchestrator | null },
): Promise<Inspector | null> {
  const { enabled, commands, followed, framesMax } = inspector;
  const { consumers, ...rest } = context;
  if (!enabled && (!followed || consumers === null)) return null;
  return await openInspector({
    ...rest,
    ...(consumers === null ? {} : { orchestrator: consumers }),
    ...{ commands, framesMax },
    recordsAlways: enabled,
  });
}

/**
 * Serves what a configuration says.
 *
 * @param context `parts`: what is shown, and tells whether the service can do its work; `signal`: ends the service.
 * @returns `null` where it has no port.
 * @throws What `serveHttp` throws.
 */
export async function openHttp(
  { http, inspector: { enabled } }: Pick<Config, "http" | "inspector">,
  context: PartContext & { readonly parts: ServiceParts; readonly signal: AbortSignal },
): Promise<HttpService | null> {
  if (http.port === 0 && !enabled) return null;
  const { broker, log, parts, signal } = context;
  const { runs, consumers } = parts;
  const inspector = enabled ? parts.inspector : null;
  const readiness = serviceReadiness({
    broker,
    consumers: () => consumers?.facts() ?? [],
    isStopping: () => parts.isEnding || signal.aborted,
  });
  const { allowedHosts, allowedOrigins } = http;
  const { streamsMax, streamsPerAddressMax, streamsPerRunMax } = http;
  const service = await serveHttp({
    broker,
    log,
    readiness,
    ...placeOf(http),
    ...(runs === null ? {} : { runs }),
    ...(inspector === null ? {} : { inspector }),
    tokens: tokensOf(http),
    allowedHosts,
    allowedOrigins,
    limits: { streamsMax, streamsPerAddressMax, streamsPerRunMax },
  });
  const { url } = service.address;
  log.log("info", "http listens", { url });
  if (inspector !== null) log.log("info", "the inspector is served", { url: `${url}/inspector` });
  return service;
}

/** Where HTTP is served: without a port the inspector alone, and to this machine alone. */
export function placeOf({ port, hostname, streams }: Config["http"]): ServePlace {
  return port === 0
    ? { port: INSPECTOR_PORT, hostname: "127.0.0.1", streams: false }
    : { port, hostname, streams };
}

function tokensOf({ readToken: read, controlToken: control }: Config["http"]): HttpTokens {
  return { ...(read === undefined ? {} : { read }), ...(control === undefined ? {} : { control }) };
}
