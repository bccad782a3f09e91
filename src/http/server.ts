/**
 * The HTTP server: listens, hands every request to guard and routes, and ends without leaving anything behind.
 *
 * What Deno.serve 2.9.6 does, and what follows from it:
 *
 * - `shutdown()` waits for open answers, also for one whose client reads nothing, and for ever; once it has begun,
 *   aborting ends the process with an uncaught error. So it is not used: `close` lets requests and streams finish, and
 *   then aborts, which ends every connection at once.
 * - It has no bound on how long a request's head may take, nor on how many connections there are. A server that strangers
 *   can reach belongs behind a proxy that has.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import { type Log, silentLog } from "../ports/log.ts";
import { Answering } from "./answering.ts";
import { createHttpApp, type RouteGroup } from "./app.ts";
import { EventStreams, serviceEnding } from "./event_streams.ts";
import { checkBinding, Guard } from "./guard.ts";
import { type HttpLimits, httpLimits } from "./http_limits.ts";
import { PortTakenError } from "./listen_errors.ts";
import { problemResponse } from "./problem.ts";
import type { HttpTokens } from "./tokens.ts";

/** What an HTTP server is told. */
export interface HttpServerOptions {
  /** The routes, such as `healthRoutes(…)`; the server disposes those that can be. */
  readonly routes: readonly RouteGroup[];
  /** What to bind to. Default 127.0.0.1: only this machine; anything else needs a token. */
  readonly hostname?: string;
  /** 0 to 65,535; 0, the default, takes a free one. */
  readonly port?: number;
  /** Who may read and change. Default: everybody who reaches it, which is this machine. */
  readonly tokens?: HttpTokens;
  /** Further values of the header Host, with port where the address has one. Default: this machine's names. */
  readonly allowedHosts?: readonly string[];
  /** Origins of other web pages that may call. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** What differs from the usual bounds. */
  readonly limits?: Partial<HttpLimits>;
  /** Where failures go. Default nowhere. */
  readonly log?: Log;
  /** Time. Default this machine's. */
  readonly clock?: Clock;
}

/** Where a server listens. */
export interface HttpAddress {
  /** The address as the system says it. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** What to open, without a slash at its end. */
  readonly url: string;
}

/** Requests and streams get so long to finish, in ms. */
const GRACE_MS = 5_000;

/** The longest wait of a timer, in ms: 24 days. */
const TIMER_MS_MAX = 2_147_483_647;

/** While it ends, it looks so often whether all has finished, in ms. */
const POLL_MS = 10;

/** A server. */
export class HttpServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #abort = new AbortController();
  readonly #answering: Answering;
  readonly #streams: EventStreams;
  readonly #routes: readonly RouteGroup[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #hostname: string;
  #activeCount = 0;
  #isClosing = false;
  #closed: Promise<void> | null = null;

  /**
   * Begins to listen.
   *
   * @param options Routes, place and rules.
   * @throws {InvalidOptionError} For an option that cannot work, such as a place that others reach, without a token.
   * @throws {PortTakenError} When another program listens there.
   */
  constructor(options: HttpServerOptions) {
    const { hostname = "127.0.0.1", port = 0, routes, tokens, log = silentLog } = options;
    const { allowedHosts, allowedOrigins = [], clock = systemClock } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new InvalidOptionError("port", port, "a whole number from 0 to 65535");
    }
    checkBinding(hostname, tokens);
    const limits = httpLimits(options.limits);
    const bodyRules = routes.flatMap((group) => group.bodyRules ?? []);
    const rules = { hostname, limits, tokens, allowedHosts, allowedOrigins, bodyRules };
    // Every rule is checked before anything listens; which port it is may be known only after.
    new Guard({ ...rules, port });
    const app = createHttpApp(routes, { log });
    this.#routes = routes;
    this.#clock = clock;
    this.#log = log;
    this.#hostname = hostname;
    this.#streams = new EventStreams({ limits, clock, log });
    this.#server = listen({ hostname, port, signal: this.#abort.signal }, (request, info) => {
      this.#activeCount++;
      const done = () => {
        this.#activeCount--;
      };
      // It rejects when the client is gone before the end.
      info.completed.then(done, done);
      if (this.#isClosing) return problemResponse(serviceEnding().problem);
      return this.#answering.answer(request, info.remoteAddr.hostname);
    });
    const guard = new Guard({ ...rules, port: this.#server.addr.port });
    const hasForeignPages = allowedOrigins.length > 0;
    const bounds = { limits, bodyRules, hasForeignPages };
    this.#answering = new Answering({ guard, app, streams: this.#streams, ...bounds, clock, log });
  }

  /** Where it listens. */
  get address(): HttpAddress {
    const { hostname, port } = this.#server.addr;
    const isAnywhere = hostname === "0.0.0.0" || hostname === "::";
    const name = isAnywhere ? "127.0.0.1" : this.#hostname;
    const shown = name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
    return { hostname, port, url: `http://${shown}:${port}` };
  }

  /** How many requests have not yet got the whole of their answer; streams count among them. */
  get activeCount(): number {
    return this.#activeCount;
  }

  /** How many event streams are open. */
  get streamCount(): number {
    return this.#streams.count;
  }

  /**
   * Ends: refuses what comes, closes the event streams, lets requests finish, then ends every connection. Safe to call
   * twice; nothing keeps the process alive afterwards.
   *
   * @param options `graceMs`: how long requests and streams get. Default 5,000. `letsEnd`: streams that show how this
   * process ends are left open for as long, because somebody ends what they show. Default `false`.
   */
  close(
    { graceMs = GRACE_MS, letsEnd = false }: {
      readonly graceMs?: number;
      readonly letsEnd?: boolean;
    } = {},
  ): Promise<void> {
    return this.#closed ??= this.#end(graceMs, letsEnd);
  }

  /** {@linkcode HttpServer.close} */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(graceMs: number, letsEnd: boolean): Promise<void> {
    this.#isClosing = true;
    let isOver = false;
    // Not by the time of day, which may be set back meanwhile.
    const grace = this.#clock.after(Math.min(graceMs, TIMER_MS_MAX), () => {
      isOver = true;
    });
    const streams = this.#streams.close({ letsEnd });
    while (!isOver && this.activeCount > 0) await this.#wait(POLL_MS);
    grace.cancel();
    if (letsEnd) this.#streams.close();
    this.#abort.abort();
    await this.#server.finished;
    await streams;
    await Promise.all(this.#routes.map((group) => this.#dispose(group)));
  }

  /** One that cannot be disposed must not keep the others from it. */
  async #dispose(group: RouteGroup): Promise<void> {
    try {
      await group[Symbol.asyncDispose]?.();
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error;
      this.#log.log("error", "Routes could not be closed", { error: kind });
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(delayMs, resolve));
  }
}

function listen(
  place: { readonly hostname: string; readonly port: number; readonly signal: AbortSignal },
  answer: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ ...place, onListen: () => {} }, answer);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse)) throw cause;
    throw new PortTakenError(place.hostname, place.port, { cause });
  }
}
