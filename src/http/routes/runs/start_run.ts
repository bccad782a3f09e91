/**
 * `POST /runs`: starts a run.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { ENTRY_ID_ZERO } from "../../../domain/entry_id.ts";
import type { RunRecord } from "../../../domain/run.ts";
import type { RouteGroup } from "../../app.ts";
import { problemResponses } from "../../problem_schema.ts";
import { inTimeToChange, inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { knownOnly, runIdSchema, runKindSchema } from "./run_parameters.ts";
import { runSchema, shownRun } from "./shown_run.ts";

const startSchema = knownOnly({
  kind: runKindSchema.openapi({ description: "What it is one of", example: "report" }),
  input: z.unknown().optional().openapi({
    description: "What its code gets, any JSON; null when it is left out",
  }),
  id: runIdSchema.optional().openapi({
    description:
      "Its id. With one of your own a request can be made again: the second one gets 409 RUN_EXISTS",
    example: "report-7",
  }),
}).openapi("NewRun");

const route = createRoute({
  method: "post",
  operationId: "startRun",
  path: "/runs",
  tags: ["runs"],
  summary: "Starts a run",
  description: "Of a kind whose events come from outside, it waits for them.",
  request: { body: { required: true, content: { "application/json": { schema: startSchema } } } },
  responses: {
    201: {
      description: "It has begun",
      headers: {
        Location: { description: "Where it is: /runs/{id}", schema: { type: "string" } },
      },
      content: { "application/json": { schema: runSchema } },
    },
    ...problemResponses(400, 408, 409, 413, 415, 503),
  },
});

/** `POST /runs`. */
export function startRun(given: RunRouteContext): RouteGroup {
  const { runs, log } = given;
  return (app) => {
    app.openapi(route, async (context) => {
      const { kind, input = null, id } = context.req.valid("json");
      const options = id === undefined ? {} : { run: id };
      const run = await inTimeToChange(runs.start(kind, input, options), given);
      log.log("debug", "a run was started by a request", { run, kind });
      const record = await recordOf(run, kind, given);
      return context.json(shownRun(record), 201, { Location: `/runs/${run}` });
    });
  };
}

/** Whatever happens now, the client is told the id of what it has started. */
async function recordOf(run: string, kind: string, given: RunRouteContext): Promise<RunRecord> {
  try {
    return await inTimeToRead(given.runs.get(run), given);
  } catch {
    return {
      run,
      kind,
      status: "running",
      startedAtMs: given.clock.nowMs(),
      endedAtMs: null,
      reason: null,
      eventCount: 0,
      length: 0,
      firstId: null,
      lastId: ENTRY_ID_ZERO,
      expiresInMs: null,
      // Of a run with code of this process more is known without asking anybody.
      owner: null,
    };
  }
}
