/**
 * `GET /inspector/dead-letters` and `POST /inspector/dead-letters/replay`: the entries of a stream that were given up,
 * without their payloads, and their second chance.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import { ENTRY_ID_ZERO } from "../../domain/entry_id.ts";
import { printable } from "../../domain/printable.ts";
import type { RouteGroup } from "../../http/app.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import {
  countParameter,
  entryIdParameter,
  knownOnly,
} from "../../http/routes/runs/run_parameters.ts";
import type { LetterLine } from "../dead_letter_desk.ts";
import { nameParameter } from "./inspector_parameters.ts";
import { checkCommands, type InspectorRouteContext, inTime } from "./route_context.ts";

/** What is replayed by one request. */
const IDS_MAX = 500;

const IDS_WANTED = `a list of 1 to ${IDS_MAX} ids`;

/** Two lines of a table. */
const REASON_LENGTH_MAX = 300;

const nextSchema = z.string().nullable().openapi({
  description: "What `after` is to be for those behind these; null when nothing is left",
});

const query = knownOnly({
  stream: nameParameter("stream", "The stream of the originals"),
  group: nameParameter("group", "Only what this group has given up").optional(),
  after: entryIdParameter.optional().openapi({
    description: "Only those behind this id: `next` of an earlier list in the same order",
  }),
  limit: countParameter({ max: 200, usual: 50 }),
  order: z.enum(["oldest", "newest"], "oldest or newest, given once").optional().openapi({
    description: "Which come first; default oldest, as they are replayed",
    default: "oldest",
  }),
});

const letterSchema = z.object({
  id: z.string().openapi({ description: "Its own id, among the dead letters" }),
  entry: z.string().openapi({ description: "The id of the original" }),
  group: z.string(),
  consumer: z.string(),
  attempts: z.int().openapi({ description: "How often a handler tried it" }),
  delivery_count: z.int().openapi({ description: "How often it was handed out" }),
  reason: z.string().openapi({ description: "Why it was given up" }),
  cause: z.string().nullable().openapi({ description: "What its last error said besides" }),
  at_ms: z.number().openapi({ description: "When, in ms since 1970" }),
}).openapi("DeadLetter");

const listRoute = createRoute({
  method: "get",
  operationId: "listDeadLetters",
  path: "/inspector/dead-letters",
  tags: ["inspector"],
  summary: "Lists the entries of a stream that were given up",
  description: "Without payloads. Also a short list can have more behind it.",
  request: { query },
  responses: {
    200: {
      description: "Some",
      content: {
        "application/json": {
          schema: z.object({ dead_letters: z.array(letterSchema), next: nextSchema })
            .openapi("DeadLetterList"),
        },
      },
    },
    ...problemResponses(400, 404, 503),
  },
});

const replaySchema = knownOnly({
  stream: nameParameter("stream", "The stream of the originals, which gets them again"),
  group: nameParameter("group", "The group that has given them up"),
  ids: z.array(entryIdParameter, IDS_WANTED).min(1, IDS_WANTED).max(IDS_MAX, IDS_WANTED)
    .optional().openapi({ description: "These; or say all" }),
  all: z.literal(true, "true, or nothing").optional().openapi({ description: "All of the group" }),
  after: entryIdParameter.optional().openapi({
    description: "With all: only those behind this id, to go on where an earlier request ended",
  }),
}).refine(({ ids, all }) => (ids === undefined) !== (all === undefined), "either ids or all")
  .openapi("DeadLetterReplay");

const replayRoute = createRoute({
  method: "post",
  operationId: "replayDeadLetters",
  path: "/inspector/dead-letters/replay",
  tags: ["inspector"],
  summary: "Publishes the originals of dead letters again",
  description:
    "For some seconds at most. Where `next` is not null there is more: ask again behind it. Made again, it publishes nothing twice.",
  request: {
    body: { required: true, content: { "application/json": { schema: replaySchema } } },
  },
  responses: {
    200: {
      description: "What it did",
      content: {
        "application/json": {
          schema: z.object({
            replayed: z.int(),
            known: z.int().openapi({ description: "Published by an earlier request" }),
            refused: z.array(z.string()).openapi({ description: "Left: too many fields" }),
            omitted: z.array(z.string()).openapi({
              description: "Left: too large to be copied, and gone from their stream",
            }),
            missing: z.array(z.string()).openapi({ description: "No dead letters of the group" }),
            next: nextSchema,
          }).openapi("DeadLettersReplayed"),
        },
      },
    },
    ...problemResponses(400, 404, 408, 413, 415, 503),
  },
});

/** `GET /inspector/dead-letters` and `POST /inspector/dead-letters/replay`. */
export function deadLetterRoutes(given: InspectorRouteContext): RouteGroup {
  const { letters, log } = given;
  return (app) => {
    app.openapi(listRoute, async (context) => {
      const { stream, group, after, limit, order } = context.req.valid("query");
      const place = { stream, ...(group === undefined ? {} : { group }) };
      const listing = {
        limit,
        newestFirst: order === "newest",
        ...(after === undefined ? {} : { after }),
      };
      const page = await inTime(letters.list(place, listing), given);
      return context.json({ dead_letters: page.letters.map(shown), next: page.next }, 200);
    });
    app.openapi(replayRoute, async (context) => {
      const { stream, group, ids, after = ENTRY_ID_ZERO } = context.req.valid("json");
      checkCommands(given);
      const which = ids === undefined ? { after } : { ids: [...new Set(ids)] };
      const counts = await inTime(letters.replay({ stream, group }, which), given);
      const { replayed } = counts;
      log.log("info", "an operator replays dead letters", { stream, group, replayed });
      return context.json({ ...counts }, 200);
    });
  };
}

/** A reason may be the words of a user's error. */
function shown({ id, meta, cause }: LetterLine): z.infer<typeof letterSchema> {
  return {
    id,
    entry: meta.id,
    group: meta.group,
    consumer: meta.consumer,
    attempts: meta.attempts,
    delivery_count: meta.deliveries,
    reason: printable(meta.reason, REASON_LENGTH_MAX),
    cause,
    at_ms: meta.diedAtMs,
  };
}
