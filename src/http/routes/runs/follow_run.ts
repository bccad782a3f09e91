/**
 * `GET /runs/{id}/events/stream`: a run's events as they happen, from a position on, as an event stream.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../../domain/entry_id.ts";
import type { RunRecord } from "../../../domain/run.ts";
import { RunMissingError } from "../../../domain/run_errors.ts";
import type { RouteGroup } from "../../app.ts";
import { problemResponses, problemSchema } from "../../problem_schema.ts";
import { inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { feedRun, positionTrimmed } from "./run_feeding.ts";
import { runEndSchema, runEventSchema, runGapSchema } from "./shown_event.ts";
import { entryIdParameter, knownOnly, runPath } from "./run_parameters.ts";

const query = knownOnly({
  last_event_id: entryIdParameter.optional().openapi({
    description:
      "The position: the id that was seen last. The header, which a browser sends when it reconnects, goes before. Default the beginning",
  }),
  on_gap: z.enum(["tell", "fail"], "tell or fail, given once").optional().openapi({
    description:
      "What to do where events behind the position are gone: tell it by an event `gap` and go on, or fail",
    default: "tell",
  }),
});

const headers = z.object({
  "Last-Event-ID": entryIdParameter.optional().openapi({ description: "The position" }),
});

const dataSchema = z.union([runEventSchema, runGapSchema, runEndSchema, problemSchema]);

const route = createRoute({
  method: "get",
  operationId: "followRun",
  path: "/runs/{id}/events/stream",
  tags: ["runs"],
  summary: "Follows a run: what has happened, then what happens",
  description: [
    "Events of the run come without a name, each with its id and as data an object with id, type, data and at.",
    "By name come `gap` (after_id, until_id, count: events that are gone), `end` (status, reason, last_id), after",
    "which the stream ends, and `problem` (status, code, title), after which it ends too. A position beyond the last",
    "event is taken for it.",
  ].join(" "),
  request: { params: runPath, query, headers },
  responses: {
    200: {
      description: "The stream",
      // Generated clients take this for what the data of one event of the stream is.
      content: { "text/event-stream": { schema: dataSchema } },
    },
    204: { description: "The run has ended, and its last event is not behind the position" },
    ...problemResponses(400, 404, 410, 429, 503),
  },
});

/** `GET /runs/{id}/events/stream`. */
export function followRun(given: RunRouteContext): RouteGroup {
  const { runs } = given;
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      const { last_event_id: asked, on_gap: onGap = "tell" } = context.req.valid("query");
      const position = context.req.valid("header")["Last-Event-ID"] ?? asked;
      const record = await inTimeToRead(runs.get(id), given);
      // With 204 a browser stops to reconnect.
      if (position !== undefined && hasSeenAll(record, position)) return context.body(null, 204);
      const afterId = position ?? ENTRY_ID_ZERO;
      if (onGap === "fail") await checkNothingIsGone(record, { ...given, afterId });
      const { req: { raw: request }, env: { address, streams } } = context;
      return streams.open({
        request,
        address,
        run: id,
        source: (stream) => feedRun(stream, { ...given, run: id, afterId, onGap }),
      });
    });
  };
}

function hasSeenAll({ status, lastId }: RunRecord, position: EntryId): boolean {
  return status !== "running" && compareEntryIds(position, lastId) >= 0;
}

/** @throws {ProblemError} 410 POSITION_TRIMMED when events behind the position are not kept. */
async function checkNothingIsGone(
  { run, firstId }: RunRecord,
  given: RunRouteContext & { readonly afterId: EntryId },
): Promise<void> {
  const { runs, afterId } = given;
  try {
    const { gap, record } = await inTimeToRead(runs.store.getEventsAfter(run, afterId, 1), given);
    if (gap !== null) throw positionTrimmed(gap, record.firstId);
  } catch (error) {
    // One of this process may not be stored yet, and then nothing of it is gone.
    if (!(error instanceof RunMissingError) || firstId !== null) throw error;
  }
}
