/**
 * The routes of a server put together: a Hono application in which every route is declared with its schemas, from which
 * both the checks of a request and the OpenAPI document come.
 *
 * No middleware may be put on `*`: which methods a path knows, for 405 and OPTIONS, is asked from the router itself.
 *
 * @module
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { printable } from "../domain/printable.ts";
import type { Log } from "../ports/log.ts";
import type { BodyRule } from "./body_rule.ts";
import type { EventStreams } from "./event_streams.ts";
import { ProblemError, problemOf, problemResponse, type RequestFault } from "./problem.ts";
import type { Access } from "./tokens.ts";

/** What every route finds at `context.env`. */
export interface HttpBindings {
  /** What the request may do; the guard has already refused what it may not. */
  readonly access: Access;
  /** From where it came, as the socket tells it. */
  readonly address: string;
  /**
   * Opens event streams, for the routes of this module.
   *
   * @ignore
   */
  readonly streams: EventStreams;
}

/** What the types of Hono are told. */
export interface HttpEnv {
  /** What a route finds at `context.env`. */
  Bindings: HttpBindings;
}

/**
 * The application that routes are added to. What it can do is told by the documentation of Hono, which that of this
 * module does not repeat.
 *
 * @ignore
 */
export type HttpApp = OpenAPIHono<HttpEnv>;

/**
 * Routes that belong together. A function does. One that holds something, such as a connection, can be disposed: the
 * server that it was given to does so at its end, after all requests.
 */
export interface RouteGroup extends Partial<AsyncDisposable> {
  /** Adds the routes to the application, by `app.openapi(createRoute({...}), handler)`. */
  (app: HttpApp): void;
  /** What differs for the bodies that they take. Default nothing. */
  readonly bodyRules?: readonly BodyRule[];
}

/** All methods that a path may know. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** Where Hono found a value, as it is told to clients. */
const PLACES: Readonly<Record<string, RequestFault["in"]>> = {
  param: "path",
  query: "query",
  header: "header",
  cookie: "cookie",
};

/**
 * Makes the application.
 *
 * @param groups The routes.
 * @param options `log`: where failures go that are not the client's.
 */
export function createHttpApp(
  groups: readonly RouteGroup[],
  { log }: { readonly log: Log },
): HttpApp {
  const app: HttpApp = new OpenAPIHono<HttpEnv>({
    strict: true,
    defaultHook: (result) => {
      if (result.success) return;
      const place = PLACES[result.target] ?? "body";
      const faults = result.error.issues.map(({ path, message }) => ({
        in: place,
        name: path.map(String).join("."),
        wanted: message,
      }));
      throw new ProblemError({
        status: 400,
        code: "INVALID_REQUEST",
        title: "A part of the request is not valid",
        faults,
      });
    },
  });
  app.onError((error, context) => {
    const problem = problemOf(httpExceptionProblem(error) ?? error);
    if (problem.status === 500) logFailure(log, { error, context, code: problem.code });
    return problemResponse(problem);
  });
  app.notFound((context) => unmatched(app, context));
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "The token for reading, or the one for control; not needed where none was set",
  });
  for (const group of groups) group(app);
  return app;
}

/** What Hono itself throws: a body that is no JSON. */
function httpExceptionProblem(error: Error): ProblemError | null {
  if (!(error instanceof HTTPException) || error.status >= 500) return null;
  const title = "The body is not valid JSON";
  return new ProblemError({ status: 400, code: "INVALID_JSON", title }, { cause: error });
}

function logFailure(
  log: Log,
  { error, context, code }: { error: Error; context: Context<HttpEnv>; code: string },
): void {
  log.log("error", "A request failed", {
    method: context.req.method,
    path: printable(context.req.path, 200),
    code,
    error: printable(`${error.name}: ${error.message}`, 500),
  });
}

/** No route: 404, or 405 with the methods that the path knows. */
function unmatched(app: HttpApp, { req }: Context<HttpEnv>): Response {
  const known: string[] = METHODS.filter((method) =>
    app.router.match(method, req.path)[0].length > 0
  );
  if (known.length === 0) {
    return problemResponse({ status: 404, code: "NOT_FOUND", title: "There is nothing here" });
  }
  if (known.includes("GET")) known.splice(1, 0, "HEAD");
  const headers = { Allow: [...known, "OPTIONS"].join(", ") };
  if (req.method === "OPTIONS") return new Response(null, { status: 204, headers });
  const title = "This path does not know this method";
  return problemResponse({ status: 405, code: "METHOD_NOT_ALLOWED", title, headers });
}
