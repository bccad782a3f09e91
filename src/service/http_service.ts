/**
 * The HTTP service put together: the routes of what there is, and the server that answers them. Loaded by `serve_http.ts`
 * when it is needed.
 *
 * @module
 */

import type { RouteGroup } from "../http/app.ts";
import { documentRoutes } from "../http/routes/documents.ts";
import { healthRoutes } from "../http/routes/health.ts";
import { runRoutes } from "../http/routes/runs/run_routes.ts";
import { HttpServer } from "../http/server.ts";
import { streamRoutes } from "../http/streams/stream_routes.ts";
import { systemClock } from "../ports/clock.ts";
import { silentLog } from "../ports/log.ts";
import { VERSION } from "../telemetry/version.ts";
import { listenError } from "./listen_error.ts";
import type { HttpService, ServeHttpOptions } from "./http_service_options.ts";

/**
 * Begins to listen.
 *
 * @throws What `serveHttp` names.
 */
export async function openHttpService(options: ServeHttpOptions): Promise<HttpService> {
  const { log = silentLog, clock = systemClock, readiness, routes = [] } = options;
  const { title = "Tidemark", version = VERSION, runs, broker, streams = true } = options;
  const { inspector } = options;
  const groups: RouteGroup[] = [
    ...runs === undefined ? [] : [runRoutes(runs, { log, clock })],
    ...broker === undefined || !streams ? [] : [streamRoutes({ broker, log, clock })],
    ...inspector === undefined ? [] : [await inspector.routes()],
    healthRoutes(readiness, { clock }),
    documentRoutes({ title, version }),
    ...routes,
  ];
  return listen({ ...options, routes: groups, log, clock });
}

function listen(options: ConstructorParameters<typeof HttpServer>[0]): HttpServer {
  try {
    return new HttpServer(options);
  } catch (error) {
    throw listenError(error, options);
  }
}
