/**
 * `GET /inspector/pending`: which entries of a group were handed out and are not finished. No payloads.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import {
  countParameter,
  entryIdParameter,
  knownOnly,
} from "../../http/routes/runs/run_parameters.ts";
import { instanceParameter, nameParameter } from "./inspector_parameters.ts";
import { type InspectorRouteContext, inTime } from "./route_context.ts";

const query = knownOnly({
  instance: instanceParameter,
  stream: nameParameter("stream", "The stream"),
  group: nameParameter("group", "The group"),
  consumer: nameParameter("consumer", "Only what this consumer holds").optional(),
  after: entryIdParameter.optional().openapi({ description: "Only those behind this entry" }),
  limit: countParameter({ max: 1_000, usual: 50 }),
});

const listSchema = z.object({
  pending: z.array(
    z.object({
      id: z.string().openapi({ description: "The entry" }),
      consumer: z.string().openapi({ description: "Who holds it" }),
      idle_ms: z.number().openapi({ description: "For how long nobody has renewed it" }),
      delivery_count: z.int().openapi({ description: "How often it was handed out" }),
    }).openapi("PendingEntry"),
  ),
  next: z.string().nullable().openapi({
    description: "What `after` is to be for those behind these; null at the end",
  }),
}).openapi("PendingList");

const route = createRoute({
  method: "get",
  operationId: "listPending",
  path: "/inspector/pending",
  tags: ["inspector"],
  summary: "Lists the entries of a group that are not finished, oldest first",
  description: "All processes share the broker: which instance is named makes no difference.",
  request: { query },
  responses: {
    200: { description: "Some", content: { "application/json": { schema: listSchema } } },
    ...problemResponses(400, 404, 503),
  },
});

/** `GET /inspector/pending`. */
export function listPending(given: InspectorRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { stream, group, consumer, after, limit } = context.req.valid("query");
      const listing = given.groups.listPending(stream, group, {
        count: limit,
        ...(consumer === undefined ? {} : { consumer }),
        ...(after === undefined ? {} : { afterId: after }),
      });
      const entries = await inTime(listing, given);
      const pending = entries.map(({ id, consumer, idleMs, deliveries }) => ({
        ...{ id, consumer, idle_ms: idleMs, delivery_count: deliveries },
      }));
      const next = entries.length < limit ? null : entries.at(-1)?.id ?? null;
      return context.json({ pending, next }, 200);
    });
  };
}
