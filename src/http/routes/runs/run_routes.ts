/**
 * All routes of runs: start, list, show, follow, cancel and delete them, and feed those whose events come from outside.
 *
 * @module
 */

import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import type { RunService } from "../../../ports/run_service.ts";
import type { RouteGroup } from "../../app.ts";
import { addEvents } from "./add_events.ts";
import { cancelRun } from "./cancel_run.ts";
import { deleteRun } from "./delete_run.ts";
import { endRun } from "./end_run.ts";
import { followRun } from "./follow_run.ts";
import { listRuns } from "./list_runs.ts";
import { readEvents } from "./read_events.ts";
import { showRun } from "./show_run.ts";
import { startRun } from "./start_run.ts";

/**
 * The routes at `/runs`.
 *
 * @param runs Who keeps and executes them. The routes do not stop it.
 * @param options `log`: where it is said what requests have changed. `clock`: for the bounds on answers of the broker.
 */
export function runRoutes(
  runs: RunService,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
): RouteGroup {
  const context = { runs, log, clock };
  const routes = [startRun, listRuns, showRun, deleteRun, cancelRun, endRun];
  const eventRoutes = [addEvents, readEvents, followRun];
  return (app) => {
    for (const route of [...routes, ...eventRoutes]) route(context)(app);
  };
}
