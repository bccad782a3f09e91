/**
 * All open event streams of a server: opens them under its limits, knows them, and ends them when the server ends.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { HttpLimits } from "./http_limits.ts";
import { type Problem, ProblemError, problemOf } from "./problem.ts";
import { SseStream } from "./sse.ts";
import { sseFrame } from "./sse_frame.ts";
import { type FullLimit, StreamLeases } from "./stream_leases.ts";

/** A stream that is wanted. */
export interface StreamRequest {
  /** The request that asks for it; HEAD gets the headers and opens nothing. */
  readonly request: Request;
  /** From where, as `context.env.address` says. */
  readonly address: string;
  /** Which run it shows, for the limit per run. */
  readonly run?: string;
  /** Told to the client first: after how long it connects again, in ms. Default 1,000. */
  readonly retryMs?: number;
  /**
   * Feeds the stream until `stream.signal` aborts or there is nothing more; when its promise resolves the stream is
   * closed. When it rejects the client gets an event `problem`, and the stream is closed.
   */
  readonly source: (stream: SseStream) => Promise<void>;
}

/** What the streams of a server need. */
export interface EventStreamsOptions {
  /** The bounds. */
  readonly limits: HttpLimits;
  /** Time. */
  readonly clock: Clock;
  /** Where failures of sources go. */
  readonly log: Log;
}

/** Long enough not to press on a server that comes back, short enough to be called live. */
const RETRY_MS = 1_000;

/** A place is free when somebody else has gone; browsers try again by themselves at no better time. */
const FULL_RETRY_S = 5;

const fullProblems: Readonly<Record<FullLimit, Problem>> = {
  total: full(503, { code: "STREAMS_FULL", title: "Too many streams are open" }),
  run: full(503, { code: "RUN_STREAMS_FULL", title: "Too many streams of this run are open" }),
  address: full(429, {
    code: "ADDRESS_STREAMS_FULL",
    title: "Too many streams are open from this address",
  }),
};

/** The headers of every event stream: nobody may keep it, change it or hold it back (S14). */
const streamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** The open streams. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #leases: StreamLeases;
  readonly #open = new Set<SseStream>();
  #isClosed = false;

  /** @param options Bounds, clock and log. */
  constructor(options: EventStreamsOptions) {
    this.#options = options;
    this.#leases = new StreamLeases(options.limits);
  }

  /** How many are open. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Opens a stream.
   *
   * @param wanted Who asks, and what feeds it.
   * @returns The answer to the request.
   * @throws {ProblemError} 429 or 503 when a limit is met, 503 when the server ends.
   */
  open({ request, address, run, retryMs = RETRY_MS, source }: StreamRequest): Response {
    if (request.method === "HEAD") return new Response(null, { headers: streamHeaders });
    if (this.#isClosed) {
      const title = "This service is ending";
      throw new ProblemError({ status: 503, code: "CLOSED", title, retryAfterS: 1 });
    }
    const lease = this.#leases.take({ address, run });
    if (typeof lease === "string") throw new ProblemError(fullProblems[lease]);
    const { limits, clock } = this.#options;
    const { streamBytesMax: bytesMax, heartbeatMs } = limits;
    const stream = new SseStream({ bytesMax, heartbeatMs, clock });
    this.#open.add(stream);
    stream.finished.then(() => {
      this.#open.delete(stream);
      lease.release();
    });
    stream.send(sseFrame({ retryMs }));
    this.#feed(stream, source);
    return new Response(stream.body, { headers: streamHeaders });
  }

  /** Closes all; opens no more. Resolves when all have ended, at the latest when slow clients were cut after 5 s. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const open = [...this.#open];
    for (const stream of open) stream.close();
    await Promise.all(open.map((stream) => stream.finished));
  }

  async #feed(stream: SseStream, source: StreamRequest["source"]): Promise<void> {
    try {
      await source(stream);
    } catch (error) {
      // A source that was told to let go may well say so by throwing.
      if (!stream.signal.aborted) this.#tell(stream, error);
    } finally {
      stream.close();
    }
  }

  #tell(stream: SseStream, error: unknown): void {
    const { status, code, title } = problemOf(error);
    if (status >= 500) {
      const kind = error instanceof Error ? error.name : typeof error;
      this.#options.log.log("error", "An event stream failed", { code, error: kind });
    }
    stream.send(sseFrame({ event: "problem", data: JSON.stringify({ status, code, title }) }));
  }
}

function full(status: number, { code, title }: { code: string; title: string }): Problem {
  return { status, code, title, retryAfterS: FULL_RETRY_S };
}
