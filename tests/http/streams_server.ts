/**
 * A server of streams on loopback for one test, and what a client says to it.
 *
 * @module
 */

import { HttpServer, type HttpServerOptions } from "../../src/http/server.ts";
import { streamRoutes, type StreamRoutesOptions } from "../../src/http/streams/stream_routes.ts";
import type { Log } from "../../src/ports/log.ts";

/** A server and how to reach it. */
export interface StreamsServer extends AsyncDisposable {
  readonly server: HttpServer;
  /** Without a slash at the end. */
  readonly url: string;
  /** What was logged. */
  readonly lines: readonly string[];
  /** Live readers now. */
  readonly readers: () => number;
  /** Asks for a stream; the path begins behind `/streams/`. */
  ask(method: string, path: string, init?: RequestInit): Promise<Response>;
}

/** Serves streams until it is disposed. `http`: what the server is told beside its routes. */
export function serveStreams(
  options: StreamRoutesOptions & { readonly http?: Partial<HttpServerOptions> },
): StreamsServer {
  const { http = {}, ...streams } = options;
  const lines: string[] = [];
  const log: Log = { log: (...line) => lines.push(JSON.stringify(line)) };
  const server = new HttpServer({ log, routes: [streamRoutes({ log, ...streams })], ...http });
  const { url } = server.address;
  return {
    server,
    url,
    lines,
    readers: () => server.streamCount,
    ask: (method, path, init = {}) => fetch(`${url}/streams/${path}`, { method, ...init }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Headers of a text. */
export const TEXT = { "content-type": "text/plain" };

/** The status and the code of a refusal. */
export async function refusal(response: Response): Promise<string> {
  const { code } = await response.json();
  return `${response.status} ${code}`;
}

/** The status of an answer whose body does not matter. */
export async function statusOf(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}
