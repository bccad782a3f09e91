/**
 * `DELETE /runs/{id}`: deletes a run that has ended, with its events.
 *
 * @module
 */

import { createRoute } from "@hono/zod-openapi";
import { JournalDamagedError } from "../../../domain/journal_errors.ts";
import type { RouteGroup } from "../../app.ts";
import { ProblemError } from "../../problem.ts";
import { problemResponses } from "../../problem_schema.ts";
import { inTimeToChange, inTimeToRead, type RunRouteContext } from "./run_calls.ts";
import { runPath } from "./run_parameters.ts";

const route = createRoute({
  method: "delete",
  operationId: "deleteRun",
  path: "/runs/{id}",
  tags: ["runs"],
  summary: "Deletes a run that has ended, with its events",
  request: { params: runPath },
  responses: {
    204: { description: "It is gone, as if it had never been" },
    ...problemResponses(400, 404, 409, 410, 503),
  },
});

/** A run that has just ended is stored within milliseconds, where the broker is there. */
const STORED_RETRY_S = 1;

/** `DELETE /runs/{id}`. */
export function deleteRun(given: RunRouteContext): RouteGroup {
  const { runs, log } = given;
  return (app) => {
    app.openapi(route, async (context) => {
      const { id } = context.req.valid("param");
      await checkEnded(id, given);
      const deleting = runs.store.delete(id, { unlessRunning: true });
      if (!await inTimeToChange(deleting, given)) {
        // Somebody else was faster, which this tells; or that it has ended is not stored yet.
        await checkEnded(id, given);
        throw notStored(id);
      }
      log.log("info", "a run was deleted by a request", { run: id });
      return context.body(null, 204);
    });
  };
}

async function checkEnded(id: string, given: RunRouteContext): Promise<void> {
  try {
    const { status } = await inTimeToRead(given.runs.get(id), given);
    if (status === "running") throw running(id);
  } catch (error) {
    // Deleting is all that helps then.
    if (!(error instanceof JournalDamagedError)) throw error;
  }
}

function running(id: string): ProblemError {
  const detail = `Cannot delete run "${id}": it is running, cancel it first`;
  return new ProblemError({
    status: 409,
    code: "RUN_RUNNING",
    title: "The run is running",
    detail,
  });
}

function notStored(id: string): ProblemError {
  return new ProblemError({
    status: 503,
    code: "RUN_NOT_STORED",
    title: "The run has just ended and is not stored yet",
    detail: `Cannot delete run "${id}": it is not stored yet, try again`,
    retryAfterS: STORED_RETRY_S,
  });
}
