/**
 * `POST /runs/{id}/events`: adds events to a run whose events come from outside.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { NewRunEvent } from "../../../domain/run.ts";
import { InvalidRunEventError } from "../../../domain/run_errors.ts";
import { encodeRunEvent } from "../../../domain/run_event.ts";
import type { RouteGroup } from "../../app.ts";
import { ProblemError } from "../../problem.ts";
import { problemResponses } from "../../problem_schema.ts";
import { changedFromOutside } from "./outside_change.ts";
import type { RunRouteContext } from "./run_calls.ts";
import { knownOnly, runPath } from "./run_parameters.ts";

/** What one change of a run takes. */
const EVENTS_MAX = 500;

const EVENTS_WANTED = `a list of 1 to ${EVENTS_MAX} events`;

const typeSchema = z.string('a text such as "step.done"').superRefine((type, context) => {
  const message = whyRefused({ type });
  if (message !== null) context.addIssue({ code: "custom", message });
}).openapi({
  description: "What happened: 1 to 256 bytes of printable text that does not begin with run.",
  example: "step.done",
});

const addSchema = knownOnly({
  events: z.array(
    knownOnly({
      type: typeSchema,
      data: z.unknown().optional().openapi({
        description: "What is told about it, any JSON under 1 MiB; null when it is left out",
      }),
    }),
    EVENTS_WANTED,
  ).min(1, EVENTS_WANTED).max(EVENTS_MAX, EVENTS_WANTED),
}).openapi("NewRunEvents");

const KEY_WANTED = "1 to 64 visible ASCII characters, given once";

const headers = z.object({
  "Idempotency-Key": z.string(KEY_WANTED).regex(/^[\x21-\x7e]{1,64}$/, KEY_WANTED).optional()
    .openapi({
      description:
        "A mark of your own for this one request: made again with the same mark within ten minutes, it adds nothing and tells the ids that the first one gave",
    }),
});

const route = createRoute({
  method: "post",
  operationId: "addRunEvents",
  path: "/runs/{id}/events",
  tags: ["runs"],
  summary: "Adds events to a run whose events come from outside",
  description: "All of them or none.",
  request: {
    params: runPath,
    headers,
    body: { required: true, content: { "application/json": { schema: addSchema } } },
  },
  responses: {
    201: {
      description: "They are stored",
      content: {
        "application/json": {
          schema: z.object({
            ids: z.array(z.string()).openapi({ description: "Theirs, in order" }),
          }).openapi("AddedRunEvents"),
        },
      },
    },
    ...problemResponses(400, 404, 408, 409, 410, 413, 415, 503),
  },
});

/** `POST /runs/{id}/events`. */
export function addEvents(given: RunRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      const { "Idempotency-Key": idempotencyKey } = context.req.valid("header");
      const { events } = context.req.valid("json");
      const options = idempotencyKey === undefined ? {} : { idempotencyKey };
      const change = () => given.runs.store.add(id, events, options);
      try {
        const ids = await changedFromOutside(id, { ...given, change });
        return context.json({ ids }, 201);
      } catch (error) {
        throw error instanceof InvalidRunEventError ? refusedData(events, error) : error;
      }
    });
  };
}

/** The type of each event was checked before; which one's data it was is only looked for when it is asked. */
function refusedData(events: readonly NewRunEvent[], cause: InvalidRunEventError): ProblemError {
  const index = events.findIndex((event) => whyRefused(event) !== null);
  return new ProblemError({
    status: 400,
    code: "INVALID_REQUEST",
    title: "A part of the request is not valid",
    faults: [{ in: "body", name: `events.${index}.data`, wanted: cause.reason }],
  }, { cause });
}

function whyRefused(event: NewRunEvent): string | null {
  try {
    encodeRunEvent(event);
    return null;
  } catch (error) {
    if (error instanceof InvalidRunEventError) return error.reason;
    throw error;
  }
}
