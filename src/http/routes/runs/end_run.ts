/**
 * `POST /runs/{id}/end`: ends a run whose events come from outside.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../app.ts";
import { problemResponses } from "../../problem_schema.ts";
import { changedFromOutside } from "./outside_change.ts";
import type { RunRouteContext } from "./run_calls.ts";
import { knownOnly, runPath } from "./run_parameters.ts";
import { reasonSchema } from "./run_reason.ts";
import { runSchema, shownRun } from "./shown_run.ts";

/** Nobody says of himself that he was interrupted. */
const STATUSES = ["completed", "failed", "cancelled"] as const;

const endSchema = knownOnly({
  status: z.enum(STATUSES, `one of ${STATUSES.join(", ")}`).optional().openapi({
    description: "How it ended; default completed",
    default: "completed",
  }),
  reason: reasonSchema,
}).openapi("RunEnd");

const route = createRoute({
  method: "post",
  operationId: "endRun",
  path: "/runs/{id}/end",
  tags: ["runs"],
  summary: "Ends a run whose events come from outside",
  request: {
    params: runPath,
    body: { required: true, content: { "application/json": { schema: endSchema } } },
  },
  responses: {
    200: { description: "The run", content: { "application/json": { schema: runSchema } } },
    ...problemResponses(400, 404, 408, 409, 410, 413, 415, 503),
  },
});

/** `POST /runs/{id}/end`. */
export function endRun(given: RunRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      const { status = "completed", reason } = context.req.valid("json");
      const end = reason === undefined ? { status } : { status, reason };
      const change = () => given.runs.store.end(id, end);
      const record = await changedFromOutside(id, { ...given, change });
      return context.json(shownRun(record), 200);
    });
  };
}
