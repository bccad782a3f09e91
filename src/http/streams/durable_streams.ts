/**
 * The Durable Streams protocol over the broker's journals, as a web handler: a request in, a response out, and no server
 * inside. Every stream is one journal, so what is appended here survives as the broker does, and every process on the same
 * broker serves the same streams.
 *
 * Not here: subscriptions (PROTOCOL 6 and 7, optional), and who may do what, which is for what stands in front.
 *
 * @module
 */

import { InvalidOptionError, recoveryOf, TidemarkError } from "../../domain/errors.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import { type Random, systemRandom } from "../../ports/random.ts";
import { appendToStream } from "./append.ts";
import { createStream } from "./create.ts";
import { readCursor } from "./cursor.ts";
import { lifetimeHeaders } from "./lifetime.ts";
import { type StreamsLimits, streamsLimits } from "./limits.ts";
import { LiveReaders } from "./live_readers.ts";
import { offsetOf, readOffset } from "./offset.ts";
import { checkOrigins, originHeaders, preflight } from "./origins.ts";
import { badRequest, Problem, problemResponse, tryLater } from "./problem.ts";
import { catchUp, longPoll } from "./read.ts";
import { deleteStream } from "./remove.ts";
import { liveEvents } from "./sse.ts";
import { loadStream, type StreamContext } from "./stream_context.ts";
import { streamNameOf } from "./stream_name.ts";
import { Turns } from "./turns.ts";

/** How to serve streams. */
export interface DurableStreamsOptions {
  /** Where they are. It stays the caller's, and open for longer than the handler. */
  readonly broker: JournalStore;
  /** What every stream's path begins with; default `/streams/`. Begins and ends with a slash. */
  readonly basePath?: string;
  /** What is bounded. */
  readonly limits?: Partial<StreamsLimits>;
  /** Origins besides the server's own whose pages may read and write; default none. */
  readonly origins?: readonly string[];
  /** Who may keep what was read: default `private`, only its reader; `public` for streams that anybody may read. */
  readonly cacheScope?: "private" | "public";
  /** The time; default this machine's. */
  readonly clock?: Clock;
  /** Chance; default this machine's. */
  readonly random?: Random;
  /** Told of what no caller can help, and is not told; what it throws is dropped. */
  readonly onFault?: (error: unknown) => void;
}

/** Streams over HTTP. Dispose it before the server shuts down: it ends the live responses. */
export interface DurableStreams extends AsyncDisposable {
  /** How many read live now. */
  readonly liveReaderCount: number;
  /** Answers a request; never rejects. */
  fetch(request: Request): Promise<Response>;
}

const METHODS = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

/** What a browser must not do with a stream's content: guess its type, or run it as a page of this server. */
const GUARD_HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "sandbox; default-src 'none'",
};

/**
 * Serves streams.
 *
 * @throws {InvalidOptionError} When an option cannot be.
 */
export function durableStreams(options: DurableStreamsOptions): DurableStreams {
  const { broker, basePath = "/streams/", cacheScope = "private", onFault } = options;
  const { clock = systemClock, random = systemRandom } = options;
  if (!/^\/(?:[\w.~-]+\/)*$/.test(basePath)) {
    throw new InvalidOptionError("basePath", basePath, 'a path such as "/streams/"');
  }
  const limits = streamsLimits(options.limits);
  const origins = checkOrigins(options.origins ?? []);
  const liveReaders = new LiveReaders(broker, { clock, readersMax: limits.liveReadersMax });
  const turns = new Turns();
  const context = { broker, basePath, limits, clock, random, liveReaders, turns, cacheScope };
  return {
    get liveReaderCount() {
      return liveReaders.count;
    },
    async fetch(request) {
      let headers: Readonly<Record<string, string>> = {};
      try {
        headers = originHeaders(request, origins);
        return guarded(await route(context, request), headers);
      } catch (error) {
        const problem = problemOf(error);
        if (problem.status >= 500 && problem !== error) report(onFault, error);
        return guarded(problemResponse(problem), headers);
      }
    },
    [Symbol.asyncDispose]: () => liveReaders[Symbol.asyncDispose](),
  };
}

async function route(context: StreamContext, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const name = streamNameOf(pathname, context.basePath);
  if (name === null) throw new Problem("NOT_FOUND", "There is nothing here", { status: 404 });
  if (context.liveReaders.isClosed) throw tryLater("STOPPING", "The server is stopping");
  switch (request.method) {
    case "GET":
      return await readFrom(context, name, { request });
    case "HEAD":
      return await describe(context, name);
    case "POST":
      return await appendToStream(context, name, { request });
    case "PUT":
      return await createStream(context, name, { request });
    case "DELETE":
      return await deleteStream(context, name);
    case "OPTIONS":
      return preflight(METHODS);
    default:
      throw new Problem("METHOD_NOT_ALLOWED", "Streams do not know that method", {
        status: 405,
        headers: { allow: METHODS },
      });
  }
}

async function readFrom(
  context: StreamContext,
  name: string,
  { request }: { readonly request: Request },
): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const offset = single(searchParams, "offset");
  const live = single(searchParams, "live");
  const position = readOffset(offset ?? "-1");
  const wish = { position, cursor: readCursor(single(searchParams, "cursor")) };
  if (live === null) return await catchUp(context, name, { wish, request });
  if (live !== "long-poll" && live !== "sse") {
    throw badRequest("INVALID_LIVE", "live is long-poll or sse");
  }
  if (offset === null) throw badRequest("OFFSET_MISSING", "Reading live needs an offset");
  return live === "sse"
    ? await liveEvents(context, name, { wish, request })
    : await longPoll(context, name, { wish, request });
}

/** Answers HEAD. */
async function describe(context: StreamContext, name: string): Promise<Response> {
  const { snapshot, state } = await loadStream(context, name);
  return new Response(null, {
    headers: {
      "content-type": state.contentType,
      "stream-next-offset": offsetOf(snapshot.lastId),
      "cache-control": "no-store",
      ...lifetimeHeaders(state.lifetime),
      ...(state.closed ? { "stream-closed": "true" } : {}),
    },
  });
}

function single(parameters: URLSearchParams, name: string): string | null {
  const values = parameters.getAll(name);
  if (values.length > 1) throw badRequest("REPEATED_PARAMETER", `${name} is there twice`);
  return values[0] ?? null;
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TidemarkError && recoveryOf(error) !== "fatal") {
    return tryLater("STORE_UNAVAILABLE", "The streams cannot be reached");
  }
  return new Problem("INTERNAL", "The request failed for a reason that is not its own", {
    status: 500,
  });
}

function guarded(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries({ ...GUARD_HEADERS, ...headers })) {
    response.headers.set(name, value);
  }
  if (!response.headers.has("cross-origin-resource-policy")) {
    response.headers.set("cross-origin-resource-policy", "same-origin");
  }
  return response;
}

function report(onFault: DurableStreamsOptions["onFault"], error: unknown): void {
  try {
    onFault?.(error);
  } catch {
    // Its failure must not become the caller's.
  }
}
