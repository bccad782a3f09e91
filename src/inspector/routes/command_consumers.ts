/**
 * `POST /inspector/commands`: tells consumers of a process something.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";
import { ProblemError } from "../../http/problem.ts";
import { problemResponses } from "../../http/problem_schema.ts";
import { knownOnly } from "../../http/routes/runs/run_parameters.ts";
import { type CommandTarget, type InspectionSource, INSPECTOR_COMMANDS } from "../source.ts";
import { instanceParameter, nameParameter } from "./inspector_parameters.ts";
import {
  checkCommands,
  type InspectorRouteContext,
  inTime,
  openSource,
  patiently,
} from "./route_context.ts";

const COMMANDS_WANTED = `one of ${INSPECTOR_COMMANDS.join(", ")}`;

const commandSchema = knownOnly({
  instance: instanceParameter,
  command: z.enum(INSPECTOR_COMMANDS, COMMANDS_WANTED).openapi({
    description: [
      "pause: reads no more; resume: goes on; drain: finishes what runs and ends; reclaim: looks for entries of dead",
      "consumers now; restart: starts again what was drained, has failed or waits for its restart",
    ].join(" "),
  }),
  stream: nameParameter("stream", "Only consumers of this stream").optional(),
  group: nameParameter("group", "Only consumers of this group").optional(),
  consumer: nameParameter("consumer", "Only consumers of this name").optional(),
}).openapi("InspectorCommand");

const route = createRoute({
  method: "post",
  operationId: "commandConsumers",
  path: "/inspector/commands",
  tags: ["inspector"],
  summary: "Pauses, resumes, drains or restarts consumers of a process",
  description: "Off unless the service was started with --inspect-control, or inspector.commands.",
  request: {
    body: { required: true, content: { "application/json": { schema: commandSchema } } },
  },
  responses: {
    202: {
      description: "They are told",
      content: {
        "application/json": {
          schema: z.object({
            instance: z.string(),
            told: z.int().openapi({ description: "How many consumers are meant" }),
          }).openapi("InspectorCommandTold"),
        },
      },
    },
    ...problemResponses(400, 404, 408, 413, 415, 503),
  },
});

/** `POST /inspector/commands`. */
export function commandConsumers(given: InspectorRouteContext): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { instance, command, stream, group, consumer } = context.req.valid("json");
      checkCommands(given);
      const source = await openSource(instance, given);
      const target: CommandTarget = {
        ...(stream === undefined ? {} : { stream }),
        ...(group === undefined ? {} : { group }),
        ...(consumer === undefined ? {} : { consumer }),
      };
      const told = await meantCount(source, { ...given, target });
      await patiently(source.command(command, target), given);
      const fields = { instance: source.instance, command, ...target };
      given.log.log("info", "an operator commands consumers", fields);
      return context.json({ instance: source.instance, told }, 202);
    });
  };
}

/** @throws {ProblemError} 404 CONSUMER_NOT_FOUND when nobody is meant: a wrong name must not look like success. */
async function meantCount(
  source: InspectionSource,
  given: InspectorRouteContext & { readonly target: CommandTarget },
): Promise<number> {
  const { consumers } = await inTime(source.status(), given);
  const { stream, group, consumer } = given.target;
  const meant = consumers.filter(({ facts }) =>
    facts.stream === (stream ?? facts.stream) && facts.group === (group ?? facts.group) &&
    facts.consumer === (consumer ?? facts.consumer)
  );
  if (meant.length > 0) return meant.length;
  throw new ProblemError({
    status: 404,
    code: "CONSUMER_NOT_FOUND",
    title: "The process runs no such consumer",
  });
}
