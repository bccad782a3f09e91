/**
 * `POST /runs/{id}/cancel`: tells a run to end.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../app.ts";
import { problemResponses } from "../../problem_schema.ts";
import { inTimeToChange, inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { knownOnly, runPath } from "./run_parameters.ts";
import { reasonSchema } from "./run_reason.ts";
import { runSchema, shownRun } from "./shown_run.ts";

const cancelSchema = knownOnly({ reason: reasonSchema }).openapi("RunCancellation");

const cancelledSchema = z.object({
  run: runSchema,
  had_ended: z.boolean().openapi({ description: "Whether it had ended before" }),
}).openapi("CancelledRun");

const content = { "application/json": { schema: cancelledSchema } };

const route = createRoute({
  method: "post",
  operationId: "cancelRun",
  path: "/runs/{id}/cancel",
  tags: ["runs"],
  summary: "Tells a run to end",
  description: "It may take a moment to end. Telling it twice does no harm.",
  request: {
    params: runPath,
    body: { required: true, content: { "application/json": { schema: cancelSchema } } },
  },
  responses: {
    200: { description: "It had ended already", content },
    202: { description: "It is told to end", content },
    ...problemResponses(400, 404, 408, 410, 413, 415, 503),
  },
});

/** `POST /runs/{id}/cancel`. */
export function cancelRun(given: RunRouteContext): RouteGroup {
  const { runs, log } = given;
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      const { reason } = context.req.valid("json");
      const isTold = await inTimeToChange(runs.cancel(id, reason), given);
      if (isTold) log.log("info", "a run was cancelled by a request", { run: id });
      const run = shownRun(await inTimeToRead(runs.get(id), given));
      return isTold
        ? context.json({ run, had_ended: false }, 202)
        : context.json({ run, had_ended: true }, 200);
    });
  };
}
