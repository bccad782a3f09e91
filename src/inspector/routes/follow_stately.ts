/**
 * `GET /inspector/stately`: the same in the message format of `@statelyai/inspect`, for tools that understand that.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import { knownOnly } from "../../http/routes/runs/run_parameters.ts";
import type { SseStream } from "../../http/sse.ts";
import { sseFrame } from "../../http/sse_frame.ts";
import type { InspectionSource } from "../source.ts";
import { STATELY_VERSION, StatelyTranslator } from "../stately.ts";
import { send } from "./frame_feeding.ts";
import { instanceParameter } from "./inspector_parameters.ts";
import { type InspectorRouteContext, openSource } from "./route_context.ts";

const query = knownOnly({ instance: instanceParameter });

const messageSchema = z.looseObject({
  type: z.enum(["@xstate.actor", "@xstate.event", "@xstate.snapshot"]),
  sessionId: z.string(),
  rootId: z.string(),
  createdAt: z.string(),
}).openapi("StatelyMessage");

const route = createRoute({
  method: "get",
  operationId: "followStately",
  path: "/inspector/stately",
  tags: ["inspector"],
  summary: `Follows a process in the format of @statelyai/inspect ${STATELY_VERSION}`,
  description:
    "From now on, one message an event of the stream. Who was too slow is told every actor anew. It cannot be resumed.",
  request: { query },
  responses: {
    200: { description: "The stream", content: { "text/event-stream": { schema: messageSchema } } },
    ...problemResponses(400, 404, 429, 503),
  },
});

/** `GET /inspector/stately`. */
export function followStately(given: InspectorRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const source = await openSource(context.req.valid("query").instance, given);
      const { req: { raw: request }, env: { address, streams } } = context;
      return streams.open({ request, address, source: (stream) => feed(stream, source) });
    });
  };
}

async function feed(stream: SseStream, source: InspectionSource): Promise<void> {
  const translator = new StatelyTranslator();
  await send(stream, sseFrame({ comment: `@statelyai/inspect ${STATELY_VERSION}` }));
  for await (const messages of source.follow({ signal: stream.signal })) {
    for (const message of messages) {
      for (const told of translator.translate(message)) {
        await send(stream, sseFrame({ data: JSON.stringify(told) }));
      }
    }
  }
}
