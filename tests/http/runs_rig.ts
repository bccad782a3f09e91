/**
 * A server with the routes of runs over a real run manager, and what a client says to it.
 *
 * @module
 */

import { documentRoutes } from "../../src/http/routes/documents.ts";
import { runRoutes } from "../../src/http/routes/runs/run_routes.ts";
import { HttpServer, type HttpServerOptions } from "../../src/http/server.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { type Clock, systemClock } from "../../src/ports/clock.ts";
import type { RunService } from "../../src/ports/run_service.ts";
import { defineRun, type RunContext } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import type { RunManagerOptions } from "../../src/runs/run_manager_options.ts";
import { StoryLog } from "../support/story_log.ts";

/** What came back. */
export interface RunAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON of it, `null` for none. */
  readonly body: unknown;
}

/** A run whose code does what the test says. */
export interface Puppet {
  /** Its context, once its code has begun. */
  readonly context: Promise<RunContext>;
  /** Lets its code return. */
  readonly end: () => void;
}

/** How a rig is made. */
export interface RunsRigOptions {
  /** Of the server. */
  readonly server?: Partial<HttpServerOptions>;
  /** Of the run manager. */
  readonly manager?: Partial<RunManagerOptions>;
  /** Time, for the routes alone. */
  readonly clock?: Clock;
  /** What stands between the routes and the run manager. */
  readonly around?: (runs: RunManager) => RunService;
}

/** A server and what is behind it. */
export class RunsRig implements AsyncDisposable {
  readonly log = new StoryLog();
  readonly runs: RunManager;
  readonly server: HttpServer;
  readonly #puppets: Puppet[] = [];

  constructor(broker: Broker, options: RunsRigOptions = {}) {
    const { clock = systemClock, around = (runs: RunManager) => runs } = options;
    const kinds = [
      defineRun({ kind: "outside", external: true }),
      defineRun({ kind: "puppet", start: (ctx) => this.#play(ctx) }),
      defineRun({ kind: "echo", start: (ctx, input) => void ctx.emit("echo", input) }),
    ];
    const { log } = this;
    this.runs = new RunManager({ broker, kinds, leaseMs: 60_000, log, ...options.manager });
    this.server = new HttpServer({
      routes: [
        runRoutes(around(this.runs), { log, clock }),
        documentRoutes({ title: "Runs", version: "1" }),
      ],
      log,
      ...options.server,
    });
  }

  get url(): string {
    return this.server.address.url;
  }

  get port(): number {
    return this.server.address.port;
  }

  /** Runs of kind `puppet` take these, the first one first. */
  puppet(): Puppet {
    const begun = Promise.withResolvers<RunContext>();
    const ending = Promise.withResolvers<void>();
    this.#waiting.push({ begun, ending: ending.promise });
    const puppet = { context: begun.promise, end: ending.resolve };
    this.#puppets.push(puppet);
    return puppet;
  }

  /** Asks; what is given as body is sent as JSON, a text as it is. */
  async ask(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<RunAnswer> {
    const hasBody = body !== undefined;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(hasBody ? { "content-type": "application/json" } : {}), ...headers },
      ...(hasBody ? { body: text } : {}),
    });
    const told = await answer.text();
    const isJson = (answer.headers.get("content-type") ?? "").includes("json") && told !== "";
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson ? JSON.parse(told) : null,
    };
  }

  /** Status and code of a refusal. */
  async refusal(...asked: Parameters<RunsRig["ask"]>): Promise<string> {
    const { status, body } = await this.ask(...asked);
    return `${status} ${Object(body).code ?? "-"}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const puppet of this.#puppets) puppet.end();
    await this.runs.stop();
    await this.server.close({ graceMs: 1_000 });
  }

  readonly #waiting: {
    readonly begun: PromiseWithResolvers<RunContext>;
    readonly ending: Promise<void>;
  }[] = [];

  #play(ctx: RunContext): Promise<void> {
    const waiting = this.#waiting.shift();
    waiting?.begun.resolve(ctx);
    return waiting?.ending ?? Promise.resolve();
  }
}
