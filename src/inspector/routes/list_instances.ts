/**
 * `GET /inspector/instances`: the running processes.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { recoveryOf } from "../../domain/errors.ts";
import type { RouteGroup } from "../../http/app.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import type { InstanceLine } from "../source.ts";
import { type InspectorRouteContext, inTime } from "./route_context.ts";

const instanceSchema = z.object({
  instance: z.string().openapi({ description: "Its name" }),
  started_at_ms: z.number().openapi({ description: "When it started, in ms since 1970" }),
  is_here: z.boolean().openapi({ description: "Whether it is the one that answers" }),
  can_be_followed: z.boolean().openapi({ description: "Whether it can be looked at" }),
}).openapi("Instance");

const listSchema = z.object({
  instances: z.array(instanceSchema).openapi({ description: "This one first" }),
}).openapi("InstanceList");

const route = createRoute({
  method: "get",
  operationId: "listInstances",
  path: "/inspector/instances",
  tags: ["inspector"],
  summary: "Lists the running processes",
  description: "While the broker is away, only the one that answers.",
  responses: {
    200: { description: "They", content: { "application/json": { schema: listSchema } } },
    ...problemResponses(503),
  },
});

/** `GET /inspector/instances`. */
export function listInstances(given: InspectorRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const lines = await linesOf(given);
      const instances = lines.map((line) => ({
        instance: line.instance,
        started_at_ms: line.startedAtMs,
        is_here: line.isHere,
        can_be_followed: line.canBeFollowed,
      }));
      return context.json({ instances }, 200);
    });
  };
}

/** This process is always there, whether it has announced itself or not. */
async function linesOf(given: InspectorRouteContext): Promise<readonly InstanceLine[]> {
  const { here, sources } = given;
  const own = here === null ? [] : [{
    instance: here.instance,
    startedAtMs: here.startedAtMs,
    isHere: true,
    canBeFollowed: true,
  }];
  try {
    const lines = await inTime(sources.list(), given);
    return lines.some(({ isHere }) => isHere) ? lines : [...own, ...lines];
  } catch (error) {
    if (own.length === 0 || recoveryOf(error) === "fatal") throw error;
    return own;
  }
}
