/**
 * A server with a few routes that do what routes do: answer, take a body, fail, wait, stream.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../src/http/app.ts";
import { problemResponses } from "../../src/http/problem_schema.ts";
import { HttpServer, type HttpServerOptions } from "../../src/http/server.ts";
import type { SseStream } from "../../src/http/sse.ts";
import type { Log } from "../../src/ports/log.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { healthRoutes } from "../../src/http/routes/health.ts";
import { documentRoutes } from "../../src/http/routes/documents.ts";

/** A server and what its routes can be told. */
export interface HttpRig extends AsyncDisposable {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
  /** What was logged. */
  readonly lines: string[];
  /** The streams that were opened at `/stream`, in order. */
  readonly streams: SseStream[];
  /** Lets the requests at `/wait` go on. */
  readonly letGo: () => void;
}

const takeThing = createRoute({
  method: "post",
  path: "/things/{id}",
  tags: ["things"],
  request: {
    params: z.object({ id: z.string().max(8) }),
    query: z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
    body: {
      required: true,
      content: {
        "application/json": { schema: z.object({ name: z.string().max(2_000_000) }) },
      },
    },
  },
  responses: {
    200: {
      description: "What was taken",
      content: {
        "application/json": {
          schema: z.object({ id: z.string(), limit: z.number(), length: z.number() }),
        },
      },
    },
    ...problemResponses(400, 413),
  },
});

/** Starts one. */
export function startHttp(options: Partial<HttpServerOptions> = {}): HttpRig {
  const lines: string[] = [];
  const log: Log = { log: (...line) => lines.push(JSON.stringify(line)) };
  const streams: SseStream[] = [];
  const wait = Promise.withResolvers<void>();
  const things: RouteGroup = (app) => {
    app.openapi(takeThing, (context) => {
      const { id } = context.req.valid("param");
      const { limit } = context.req.valid("query");
      const { length } = context.req.valid("json").name;
      return context.json({ id, limit, length }, 200);
    });
    app.get("/fail", () => {
      throw new TypeError("redis://user:canary@10.1.2.3 broke");
    });
    app.get("/wait", async (context) => {
      await wait.promise;
      return context.text("waited");
    });
    app.get("/stream", ({ req, env }) =>
      env.streams.open({
        request: req.raw,
        address: env.address,
        ...(req.query("run") === undefined ? {} : { run: req.query("run") ?? "" }),
        showsEnd: req.query("end") !== undefined,
        source: (stream) => {
          streams.push(stream);
          return new Promise((resolve) => {
            stream.signal.addEventListener("abort", () => resolve(), { once: true });
          });
        },
      }));
    app.get("/bad-stream", ({ req, env }) =>
      env.streams.open({
        request: req.raw,
        address: env.address,
        source: () => Promise.reject(new Error("redis://user:canary@10.1.2.3 broke")),
      }));
    app.all("/raw/*", ({ req }) => Response.json({ method: req.method }));
  };
  const server = new HttpServer({
    log,
    routes: [
      things,
      healthRoutes(undefined, { clock: systemClock }),
      documentRoutes({ title: "Rig", version: "1" }),
    ],
    ...options,
  });
  const { port, url } = server.address;
  return {
    server,
    port,
    url,
    lines,
    streams,
    letGo: () => wait.resolve(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
