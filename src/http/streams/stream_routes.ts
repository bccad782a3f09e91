/**
 * The Durable Streams protocol over the broker's journals. Every stream is one journal, so what is appended here survives
 * as the broker does, and every process on the same broker serves the same streams.
 *
 * Not here: subscriptions (PROTOCOL 6 and 7, optional), and who may do what, which is the server's guard's: GET and HEAD
 * need the token for reading, everything else the one for control.
 *
 * @module
 */

import type { Handler } from "hono";
import { InvalidOptionError } from "../../domain/errors.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import { type Log, silentLog } from "../../ports/log.ts";
import { type Random, systemRandom } from "../../ports/random.ts";
import type { HttpBindings, HttpEnv, RouteGroup } from "../app.ts";
import { type BodyRule, isFolderPath } from "../body_rule.ts";
import { ProblemError } from "../problem.ts";
import { appendToStream } from "./append.ts";
import { createStream } from "./create.ts";
import { readCursor } from "./cursor.ts";
import { lifetimeHeaders } from "./lifetime.ts";
import { type StreamsLimits, streamsLimits } from "./limits.ts";
import { liveEvents } from "./live_events.ts";
import { LiveReaders } from "./live_readers.ts";
import { offsetOf, readOffset } from "./offset.ts";
import { catchUp, longPoll } from "./read.ts";
import { badRequest } from "./refusals.ts";
import { deleteStream } from "./remove.ts";
import { describeStreamRoutes } from "./route_descriptions.ts";
import { loadStream, type StreamContext } from "./stream_context.ts";
import { streamNameOf } from "./stream_name.ts";
import { Turns } from "./turns.ts";

/** How to serve streams. */
export interface StreamRoutesOptions {
  /** Where they are. It stays the caller's, and open for longer than the server. */
  readonly broker: JournalStore;
  /** What every stream's path begins with; default `/streams/`. Begins and ends with a slash. */
  readonly basePath?: string;
  /** What is bounded. */
  readonly limits?: Partial<StreamsLimits>;
  /**
   * Who may keep what was read: default `private`, only its reader; `public` for streams that anybody may read, also where
   * the server has tokens.
   */
  readonly cacheScope?: "private" | "public";
  /** The time; default this machine's. */
  readonly clock?: Clock;
  /** Chance; default this machine's. */
  readonly random?: Random;
  /** Told when streams cannot be watched. Default nowhere. */
  readonly log?: Log;
}

/** The routes of streams. The server that they are given to ends them. */
export interface StreamRoutes extends RouteGroup {
  /** Bodies of any type, longer than elsewhere. */
  readonly bodyRules: readonly BodyRule[];
  /** Stops watching the broker. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers a request for one stream. */
type Answer = (
  context: StreamContext,
  name: string,
  asked: { readonly request: Request; readonly env: HttpBindings },
) => Promise<Response>;

/** A browser must not run a stream's content as a page of this server. */
const CONTENT_POLICY = "sandbox; default-src 'none'";

/**
 * `GET`, `HEAD`, `PUT`, `POST` and `DELETE` of `/streams/{name}`.
 *
 * @param options Where the streams are, and what is bounded.
 * @throws {InvalidOptionError} When an option cannot be.
 */
export function streamRoutes(options: StreamRoutesOptions): StreamRoutes {
  const { broker, basePath = "/streams/", cacheScope = "private", log = silentLog } = options;
  const { clock = systemClock, random = systemRandom } = options;
  if (!isFolderPath(basePath)) {
    throw new InvalidOptionError("basePath", basePath, 'a path such as "/streams/"');
  }
  const limits = streamsLimits(options.limits);
  const { bodyBytesMax, bodyMsMax } = limits;
  const bodyRules = [{ path: basePath, takesAnyType: true, bodyBytesMax, bodyMsMax }];
  const liveReaders = new LiveReaders(broker, { clock, log });
  const turns = new Turns();
  const context = { broker, basePath, limits, clock, random, liveReaders, turns, cacheScope };
  const group: RouteGroup = (app) => {
    // Any character, so that what is no name is refused here and not unknown to the router.
    const path = `${basePath}:name{[^]+}`;
    app.get(path, handlerOf(context, readOrDescribe));
    app.put(path, handlerOf(context, createStream));
    app.post(path, handlerOf(context, appendToStream));
    app.delete(path, handlerOf(context, deleteStream));
    describeStreamRoutes(app, { basePath, limits });
  };
  return Object.assign(group, {
    bodyRules,
    [Symbol.asyncDispose]: () => liveReaders[Symbol.asyncDispose](),
  });
}

function handlerOf(context: StreamContext, answer: Answer): Handler<HttpEnv> {
  return async ({ req: { raw: request }, env }) => {
    // The router has decoded the path, the guard has not; a path that only fits decoded is none of ours.
    const name = streamNameOf(new URL(request.url).pathname, context.basePath);
    if (name === null) {
      const title = "There is nothing here";
      throw new ProblemError({ status: 404, code: "NOT_FOUND", title });
    }
    const response = await answer(context, name, { request, env });
    response.headers.set("content-security-policy", CONTENT_POLICY);
    return response;
  };
}

/** The router hands on HEAD as GET. */
const readOrDescribe: Answer = (context, name, asked) =>
  asked.request.method === "HEAD" ? describe(context, name) : readFrom(context, name, asked);

const readFrom: Answer = async (context, name, { request, env }) => {
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
  const answer = live === "sse" ? liveEvents : longPoll;
  return await answer(context, name, { wish, request, env });
};

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
  if (values.length > 1) throw badRequest("REPEATED_PARAMETER", "A parameter is there twice");
  return values[0] ?? null;
}
