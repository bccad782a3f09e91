/**
 * `GET /inspector/frames`: what happens in a process, live, as an event stream that can be resumed.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import { knownOnly } from "../../http/routes/runs/run_parameters.ts";
import { feedFrames } from "./frame_feeding.ts";
import { instanceParameter, positionParameter } from "./inspector_parameters.ts";
import { type InspectorRouteContext, openSource } from "./route_context.ts";

/** So many frames before now are told to who comes first: some minutes of a quiet service, and quick to send. */
const BACK_USUAL = 1_000;

/** As many as a recorder keeps, unless it was told to keep more. */
const BACK_MAX = 10_000;

const BACK_WANTED = `a whole number from 0 to ${BACK_MAX}, given once`;

const query = knownOnly({
  instance: instanceParameter,
  last_event_id: positionParameter.optional().openapi({
    description: "The position: the id that was seen last. The header goes before",
  }),
  back: z.string(BACK_WANTED)
    .refine((text) => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= BACK_MAX, BACK_WANTED)
    .optional()
    .transform((text) => text === undefined ? BACK_USUAL : Number(text))
    .openapi({
      type: "integer",
      description: "Without a position: so many frames before now, or as many as are kept",
      minimum: 0,
      maximum: BACK_MAX,
      default: BACK_USUAL,
    }),
});

const headers = z.object({
  "Last-Event-ID": positionParameter.optional().openapi({ description: "The position" }),
});

const dataSchema = z.array(
  z.looseObject({
    type: z.enum(["header", "gap", "definition", "snapshot", "started", "transition", "ended"]),
  }),
).openapi("InspectorMessages");

const route = createRoute({
  method: "get",
  operationId: "followFrames",
  path: "/inspector/frames",
  tags: ["inspector"],
  summary: "Follows what happens in a process",
  description: [
    "Messages come without a name, some at once as a JSON array, with the position behind them as id; a gap among them",
    "says how many are missing. By name come `status` (the consumers with their facts and why they make no progress, when",
    "that has changed), `end` (the process has ended), after which the stream ends, and `problem`, after which it ends too.",
  ].join(" "),
  request: { query, headers },
  responses: {
    200: { description: "The stream", content: { "text/event-stream": { schema: dataSchema } } },
    ...problemResponses(400, 404, 429, 503),
  },
});

/** `GET /inspector/frames`. */
export function followFrames(given: InspectorRouteContext): RouteGroup {
  const { charts, clock, here } = given;
  return (app) => {
    app.openapi(route, async (context) => {
      const { instance, last_event_id: asked, back } = context.req.valid("query");
      const after = context.req.valid("header")["Last-Event-ID"] ?? asked;
      const source = await openSource(instance, given);
      const wish = { back, ...(after === undefined ? {} : { after }) };
      const { req: { raw: request }, env: { address, streams } } = context;
      return streams.open({
        request,
        address,
        // A process elsewhere goes on when this one ends.
        showsEnd: source.instance === here?.instance,
        source: (stream) => feedFrames(stream, { source, wish, charts, clock }),
      });
    });
  };
}
