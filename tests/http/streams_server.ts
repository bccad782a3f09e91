/**
 * A streams' server on loopback for one test, and what a client says to it.
 *
 * @module
 */

import {
  durableStreams,
  type DurableStreamsOptions,
} from "../../src/http/streams/durable_streams.ts";

/** A server and how to reach it. */
export interface StreamsServer extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  /** What the handler could not help. */
  readonly faults: readonly unknown[];
  /** Live readers now. */
  readonly readers: () => number;
  /** Asks for a stream; the path begins behind `/streams/`. */
  ask(method: string, path: string, init?: RequestInit): Promise<Response>;
}

/** Serves streams until it is disposed. */
export function serveStreams(options: DurableStreamsOptions): StreamsServer {
  const faults: unknown[] = [];
  const streams = durableStreams({ onFault: (error) => faults.push(error), ...options });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => streams.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    faults,
    readers: () => streams.liveReaderCount,
    ask: (method, path, init = {}) => fetch(`${url}/streams/${path}`, { method, ...init }),
    async [Symbol.asyncDispose]() {
      await streams[Symbol.asyncDispose]();
      await server.shutdown();
    },
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
