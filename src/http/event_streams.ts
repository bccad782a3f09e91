/**
 * All open event streams of a server: opens them under its limits, knows them, and ends them when the server ends.
 *
 * @module
 */

import { TroubleSpell } from "../domain/trouble_spell.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { HttpLimits } from "./http_limits.ts";
import { type Problem, ProblemError, problemOf } from "./problem.ts";
import { SseStream } from "./sse.ts";
import { sseFrame } from "./sse_frame.ts";
import {
  type FullLimit,
  type StreamClaim,
  type StreamLease,
  StreamLeases,
} from "./stream_leases.ts";

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
  /** Whether it shows how this process ends, and may last for as long as that takes. Default `false`. */
  readonly showsEnd?: boolean;
}

/** A request that waits before it is answered. */
export interface HeldRequest extends Disposable {
  /** Aborts when there is nothing to wait for: the client is gone, or the server ends. */
  readonly signal: AbortSignal;
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
  /** Those of them that show how this process ends. */
  readonly #lasting = new Set<SseStream>();
  readonly #held = new Set<AbortController>();
  /** By the names of the errors' classes. */
  readonly #failures = new Map<string, TroubleSpell>();
  #isClosed = false;

  /** @param options Bounds, clock and log. */
  constructor(options: EventStreamsOptions) {
    this.#options = options;
    this.#leases = new StreamLeases(options.limits);
  }

  /** How many are open; requests that {@linkcode EventStreams.hold | hold} a place count too. */
  get count(): number {
    return this.#leases.total;
  }

  /**
   * Opens a stream.
   *
   * @param wanted Who asks, and what feeds it.
   * @returns The answer to the request.
   * @throws {ProblemError} 429 or 503 when a limit is met, 503 when the server ends.
   */
  open(wanted: StreamRequest): Response {
    const { request, address, run, retryMs = RETRY_MS, source, showsEnd = false } = wanted;
    if (request.method === "HEAD") return new Response(null, { headers: streamHeaders });
    const lease = this.#take({ address, run });
    const { limits, clock } = this.#options;
    const { streamBytesMax: bytesMax, stalledMsMax, heartbeatMs } = limits;
    const stream = new SseStream({ bytesMax, stalledMsMax, heartbeatMs, clock });
    this.#open.add(stream);
    if (showsEnd) this.#lasting.add(stream);
    stream.finished.then(() => {
      this.#open.delete(stream);
      this.#lasting.delete(stream);
      lease.release();
    });
    stream.send(sseFrame({ retryMs }));
    this.#feed(stream, source);
    return new Response(stream.body, { headers: streamHeaders });
  }

  /**
   * Takes a place for a request that waits before it is answered, such as a long-poll: it holds a connection for as long
   * as a stream would.
   *
   * @param waiting The request, without a body, and from where it came.
   * @returns Disposed when it is answered, whatever with.
   * @throws {ProblemError} As {@linkcode EventStreams.open}.
   */
  hold({ request, address }: Pick<StreamRequest, "request" | "address">): HeldRequest {
    const lease = this.#take({ address });
    const ended = new AbortController();
    const end = () => ended.abort();
    this.#held.add(ended);
    // The only way to learn that the client of an unanswered request is gone. Deno warns once, of what is done right
    // here: that this signal aborts after the answer too; `"unstable": ["no-legacy-abort"]` in deno.json silences it.
    request.signal.addEventListener("abort", end);
    if (request.signal.aborted) end();
    return {
      signal: ended.signal,
      [Symbol.dispose]: () => {
        request.signal.removeEventListener("abort", end);
        this.#held.delete(ended);
        lease.release();
      },
    };
  }

  /**
   * Closes all; opens no more. Resolves when all have ended, at the latest when slow clients were cut after 5 s.
   *
   * @param options `letsEnd`: leaves those that show how this process ends to their sources, until it is called again
   * without.
   */
  async close({ letsEnd = false }: { readonly letsEnd?: boolean } = {}): Promise<void> {
    this.#isClosed = true;
    for (const held of this.#held) held.abort();
    const open = [...this.#open];
    for (const stream of open) if (!letsEnd || !this.#lasting.has(stream)) stream.close();
    await Promise.all(open.map((stream) => stream.finished));
  }

  #take(claim: StreamClaim): StreamLease {
    if (this.#isClosed) throw serviceEnding();
    const lease = this.#leases.take(claim);
    if (typeof lease === "string") throw new ProblemError(fullProblems[lease]);
    return lease;
  }

  async #feed(stream: SseStream, source: StreamRequest["source"]): Promise<void> {
    try {
      await source(stream);
    } catch (error) {
      // A source that was told to let go may well say so by throwing.
      if (!stream.signal.aborted) await this.#tell(stream, error);
    } finally {
      stream.close();
    }
  }

  async #tell(stream: SseStream, error: unknown): Promise<void> {
    const { status, code, title, members } = problemOf(error);
    if (status >= 500) this.#logFailure(code, error);
    const data = JSON.stringify({ status, code, title, ...members });
    const frame = sseFrame({ event: "problem", data });
    // To a client that is behind it would be one frame too many, and he would never know.
    await stream.room(frame.bytes.byteLength);
    stream.send(frame);
  }

  /**
   * A broker that is away, or refuses, ends hundreds of streams at once, and again each time that their clients come back:
   * only the first of a kind is told at its level.
   */
  #logFailure(code: string, error: unknown): void {
    const { log, clock } = this.#options;
    const kind = error instanceof Error ? error.name : typeof error;
    const spell = this.#failures.get(kind) ?? new TroubleSpell();
    this.#failures.set(kind, spell);
    const level = spell.begins(clock.nowMs()) ? "error" : "debug";
    log.log(level, "An event stream failed", { code, error: kind });
  }
}

/** What those get who come when the server ends. */
export function serviceEnding(): ProblemError {
  const title = "This service is ending";
  return new ProblemError({ status: 503, code: "CLOSED", title, retryAfterS: 1 });
}

function full(status: number, { code, title }: { code: string; title: string }): Problem {
  return { status, code, title, retryAfterS: FULL_RETRY_S };
}
