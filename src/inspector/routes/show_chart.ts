/**
 * `GET /inspector/charts/{hash}`: where everything is in the drawing of a machine's chart.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";
import { ProblemError } from "../../http/problem.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import { ChartTooLargeError, ChartTooSlowError } from "../chart/chart_errors.ts";
import type { DrawnChart } from "./chart_desk.ts";
import type { InspectorRouteContext } from "./route_context.ts";

const HASH_WANTED = "32 hexadecimal digits";

const params = z.object({
  hash: z.string(HASH_WANTED).regex(/^[0-9a-f]{32}$/, HASH_WANTED).openapi({
    description: "Of the chart, as a message `definition` or an actor names it",
    example: "0123456789abcdef0123456789abcdef",
  }),
});

const chartSchema = z.object({
  hash: z.string(),
  machine: z.looseObject({
    machine: z.string(),
    states: z.array(z.looseObject({ id: z.string() })),
    transitions: z.array(z.looseObject({ id: z.string() })),
  }).openapi({ description: "The chart: its states and transitions" }),
  layout: z.looseObject({
    width: z.number(),
    height: z.number(),
    nodes: z.array(z.looseObject({ id: z.string() })),
    edges: z.array(z.looseObject({ id: z.string() })),
  }).openapi({ description: "Boxes, rows, lines and labels with their places, in px" }),
}).openapi("DrawnChart");

const route = createRoute({
  method: "get",
  operationId: "showChart",
  path: "/inspector/charts/{hash}",
  tags: ["inspector"],
  summary: "Tells where everything is in the drawing of a chart",
  description: "Of Tidemark's own machines, and of all that were told to somebody who follows.",
  request: { params },
  responses: {
    200: { description: "It", content: { "application/json": { schema: chartSchema } } },
    ...problemResponses(400, 404),
  },
});

/** `GET /inspector/charts/{hash}`. */
export function showChart(given: InspectorRouteContext): RouteGroup {
  return (app) => {
    // What a layout may hold is more than the schema says; it is sent as it is.
    app.openAPIRegistry.registerPath(route);
    app.get("/inspector/charts/:hash", async (context) => {
      const parsed = params.safeParse(context.req.param());
      if (!parsed.success) throw wrongHash();
      const { hash } = parsed.data;
      const drawn = await drawnChart(hash, given);
      if (drawn === null) throw missing(hash);
      return Response.json({ hash, ...drawn });
    });
  };
}

async function drawnChart(
  hash: string,
  { charts }: InspectorRouteContext,
): Promise<DrawnChart | null> {
  try {
    return await charts.layout(hash);
  } catch (error) {
    const isTooMuch = error instanceof ChartTooLargeError || error instanceof ChartTooSlowError;
    if (!isTooMuch) throw error;
    const title = "The chart has too many arrows to be drawn";
    throw new ProblemError({ status: 404, code: error.code, title });
  }
}

function missing(hash: string): ProblemError {
  return new ProblemError({
    status: 404,
    code: "CHART_NOT_FOUND",
    title: "There is no such chart",
    detail: `No chart with the hash ${hash} was told of`,
  });
}

function wrongHash(): ProblemError {
  return new ProblemError({
    status: 400,
    code: "INVALID_REQUEST",
    title: "A part of the request is not valid",
    faults: [{ in: "path", name: "hash", wanted: HASH_WANTED }],
  });
}
