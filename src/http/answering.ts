/**
 * The way of one request: guard, body, route, and what is added to every answer.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { HttpApp } from "./app.ts";
import { type BodyRule, bodyRuleOf } from "./body_rule.ts";
import { allowOrigin, isPreflight, preflightResponse } from "./cors.ts";
import type { EventStreams } from "./event_streams.ts";
import type { Guard, Verdict } from "./guard.ts";
import type { HttpLimits } from "./http_limits.ts";
import { problemOf, problemResponse } from "./problem.ts";
import { ByteBudget, readBody } from "./request_body.ts";

/** What answering needs. */
export interface AnsweringOptions {
  /** Decides who may. */
  readonly guard: Guard;
  /** The routes. */
  readonly app: HttpApp;
  /** The open streams. */
  readonly streams: EventStreams;
  /** The bounds of bodies. */
  readonly limits: HttpLimits;
  /** Where bodies have other bounds. */
  readonly bodyRules: readonly BodyRule[];
  /** Whether pages of other origins may read answers at all. */
  readonly hasForeignPages: boolean;
  /** Time. */
  readonly clock: Clock;
  /** Where failures go that no route has caught. */
  readonly log: Log;
}

/** Added to every answer that does not say otherwise: nobody guesses its kind, keeps it, or frames it. */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** What the Fetch standard calls forbidden methods. */
const UNSAYABLE: readonly string[] = ["CONNECT", "TRACE", "TRACK"];

/** Answers requests. */
export class Answering {
  readonly #options: AnsweringOptions;
  readonly #budget: ByteBudget;

  /** @param options Everything it needs. */
  constructor(options: AnsweringOptions) {
    this.#options = options;
    this.#budget = new ByteBudget(options.limits.bodiesBytesMax);
  }

  /**
   * Answers one request. Never rejects.
   *
   * @param request The request.
   * @param address From where.
   */
  async answer(request: Request, address: string): Promise<Response> {
    const verdict = this.#options.guard.check(request);
    try {
      return this.#finished(await this.#allowed(request, { verdict, address }), verdict);
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 500) {
        const kind = error instanceof Error ? error.name : typeof error;
        this.#options.log.log("error", "A request failed", { code: problem.code, error: kind });
      }
      return this.#finished(problemResponse(problem), verdict);
    }
  }

  async #allowed(
    request: Request,
    { verdict, address }: { readonly verdict: Verdict; readonly address: string },
  ): Promise<Response> {
    if (!verdict.allowed) return problemResponse(verdict.problem);
    if (verdict.foreignOrigin !== null && isPreflight(request)) return preflightResponse(request);
    const { app, streams, bodyRules, clock } = this.#options;
    const bindings = { access: verdict.access, address, streams };
    if (request.body === null) return await app.fetch(request, bindings);
    const budget = this.#budget;
    const limits = { ...this.#options.limits, ...bodyRuleOf(request, bodyRules) };
    const body = await readBody(request, { limits, budget, clock });
    try {
      const { headers } = request;
      const method = sayable(request.method);
      // An empty body is a body all the same; GET with one, which HTTP allows, is served without it.
      const isBodiless = method === "GET" || method === "HEAD";
      // Without its signal, whose mere mention makes Deno.serve write a warning.
      const whole = { method, headers, ...(isBodiless ? {} : { body }) };
      return await app.fetch(new Request(request.url, whole), bindings);
    } finally {
      budget.give(body.byteLength);
    }
  }

  /** Adds what every answer has. */
  #finished(response: Response, { foreignOrigin }: Verdict): Response {
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(COMMON_HEADERS)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    // Also where no page asks: whoever keeps this answer must not give it to a page, nor a page's to others.
    if (this.#options.hasForeignPages) headers.append("Vary", "Origin");
    if (foreignOrigin !== null) allowOrigin(headers, foreignOrigin);
    const { status, statusText } = response;
    return new Response(response.body, { status, statusText, headers });
  }
}

/**
 * A method that a `Request` can say: it refuses some, such as TRACE, and takes `get` for GET, which HTTP does not. No path
 * knows any of them, and that is the answer.
 */
function sayable(method: string): string {
  return UNSAYABLE.includes(method) || method !== method.toUpperCase() ? "UNKNOWN" : method;
}
