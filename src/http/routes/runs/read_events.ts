/**
 * `GET /runs/{id}/events`: reads stored events, page by page.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { RunMissingError } from "../../../domain/run_errors.ts";
import type { RunPage, RunRange } from "../../../ports/run_service.ts";
import type { RouteGroup } from "../../app.ts";
import { problemResponses } from "../../problem_schema.ts";
import { inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { countParameter, entryIdParameter, knownOnly, runPath } from "./run_parameters.ts";
import { runEventSchema, runGapSchema, shownEvent, shownGap } from "./shown_event.ts";
import { runSchema, shownRun } from "./shown_run.ts";

const query = knownOnly({
  start_id: entryIdParameter.optional().openapi({
    description: "The first, inclusive; default the beginning",
  }),
  end_id: entryIdParameter.optional().openapi({
    description: "The last, inclusive; default the end",
  }),
  limit: countParameter({ max: 1_000, usual: 100 }),
});

const pageSchema = z.object({
  events: z.array(runEventSchema),
  has_more: z.boolean().openapi({ description: "Whether there are more in the range" }),
  next_id: z.string().nullable().openapi({
    description: "What `start_id` is to be for the next page; null when there is none for now",
  }),
  gap: z.union([runGapSchema, z.null()]).openapi({
    description: "What was trimmed from the start of the range on; null for nothing",
  }),
  run: runSchema,
}).openapi("RunEventPage");

const route = createRoute({
  method: "get",
  operationId: "readRunEvents",
  path: "/runs/{id}/events",
  tags: ["runs"],
  summary: "Reads the stored events of a run",
  description: "In order. A page ends earlier than its limit where events are large.",
  request: { params: runPath, query },
  responses: {
    200: { description: "Some of them", content: { "application/json": { schema: pageSchema } } },
    ...problemResponses(400, 404, 410, 503),
  },
});

/** `GET /runs/{id}/events`. */
export function readEvents(given: RunRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      const { start_id: startId, end_id: endId, limit } = context.req.valid("query");
      const page = await pageOf(id, given, {
        limit,
        ...(startId === undefined ? {} : { startId }),
        ...(endId === undefined ? {} : { endId }),
      });
      return context.json({
        events: page.events.map(shownEvent),
        has_more: page.hasMore,
        next_id: page.nextId,
        gap: page.gap === null ? null : shownGap(page.gap),
        run: shownRun(page.record),
      }, 200);
    });
  };
}

async function pageOf(id: string, given: RunRouteContext, range: RunRange): Promise<RunPage> {
  const { runs } = given;
  try {
    return await inTimeToRead(runs.store.getEvents(id, range), given);
  } catch (error) {
    if (!(error instanceof RunMissingError)) throw error;
    // One of this process may not be stored yet: there is nothing of it to read, but it is there.
    const record = await inTimeToRead(runs.get(id), given);
    return { events: [], hasMore: false, nextId: null, gap: null, record };
  }
}
