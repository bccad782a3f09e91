/**
 * `GET /runs`: lists runs.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { RUN_STATUSES } from "../../../domain/run.ts";
import type { RouteGroup } from "../../app.ts";
import { problemResponses } from "../../problem_schema.ts";
import { inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { countParameter, knownOnly, runKindSchema } from "./run_parameters.ts";
import { runSchema, shownRun } from "./shown_run.ts";

const query = knownOnly({
  kind: runKindSchema.optional().openapi({ description: "Only those of this kind" }),
  status: z.enum(RUN_STATUSES, `one of ${RUN_STATUSES.join(", ")}, given once`).optional()
    .openapi({ description: "Only those that do this" }),
  limit: countParameter({ max: 1_000, usual: 50 }),
  after: z.string("a cursor of an earlier list, given once").optional().openapi({
    description: "Only those behind this: `next` of an earlier list in the same order",
  }),
  order: z.enum(["newest", "oldest"], "newest or oldest, given once").optional().openapi({
    description: "Which come first, by when they were made; default newest",
    default: "newest",
  }),
});

const listSchema = z.object({
  runs: z.array(runSchema),
  next: z.string().nullable().openapi({
    description:
      "What `after` is to be for those behind these; null at the end. Also a short list can have more behind it",
  }),
}).openapi("RunList");

const route = createRoute({
  method: "get",
  operationId: "listRuns",
  path: "/runs",
  tags: ["runs"],
  summary: "Lists runs",
  request: { query },
  responses: {
    200: { description: "Some of them", content: { "application/json": { schema: listSchema } } },
    ...problemResponses(400, 503),
  },
});

/** `GET /runs`. */
export function listRuns(given: RunRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { kind, status, limit, after, order } = context.req.valid("query");
      const listing = given.runs.list({
        limit,
        newestFirst: order !== "oldest",
        ...(kind === undefined ? {} : { kind }),
        ...(status === undefined ? {} : { status }),
        ...(after === undefined ? {} : { after }),
      });
      const { runs, next } = await inTimeToRead(listing, given);
      return context.json({ runs: runs.map(shownRun), next }, 200);
    });
  };
}
