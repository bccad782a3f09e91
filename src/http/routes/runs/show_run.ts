/**
 * `GET /runs/{id}`: tells what is known of a run.
 *
 * @module
 */

import { createRoute } from "@hono/zod-openapi";
import type { RouteGroup } from "../../app.ts";
import { problemResponses } from "../../problem_schema.ts";
import { inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { runPath } from "./run_parameters.ts";
import { runSchema, shownRun } from "./shown_run.ts";

const route = createRoute({
  method: "get",
  operationId: "showRun",
  path: "/runs/{id}",
  tags: ["runs"],
  summary: "Tells what is known of a run",
  request: { params: runPath },
  responses: {
    200: { description: "The run", content: { "application/json": { schema: runSchema } } },
    ...problemResponses(400, 404, 410, 503),
  },
});

/** `GET /runs/{id}`. */
export function showRun(given: RunRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      const record = await inTimeToRead(given.runs.get(id), given);
      return context.json(shownRun(record), 200);
    });
  };
}
