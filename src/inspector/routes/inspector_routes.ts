/**
 * The inspector over HTTP: its page, what processes tell, and what operators say to them. Everything here goes through the
 * same guard as the rest of the service.
 *
 * @module
 */

import type { RouteGroup } from "../../http/app.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupStore } from "../../ports/group_store.ts";
import type { Log } from "../../ports/log.ts";
import type { StreamStore } from "../../ports/stream_store.ts";
import type { Chart } from "../chart/chart.ts";
import { DeadLetterDesk } from "../dead_letter_desk.ts";
import type { InspectionSource, InspectionSources } from "../source.ts";
import { ChartDesk } from "./chart_desk.ts";
import { commandConsumers } from "./command_consumers.ts";
import { deadLetterRoutes } from "./dead_letter_routes.ts";
import { downloadSession } from "./download_session.ts";
import { followFrames } from "./follow_frames.ts";
import { followStately } from "./follow_stately.ts";
import { listInstances } from "./list_instances.ts";
import { listPending } from "./list_pending.ts";
import { type InspectorPage, pageRoute } from "./page_route.ts";
import { showChart } from "./show_chart.ts";

/** What the routes are told. */
export interface InspectorRoutesOptions {
  /** Whether anything may be changed through them. */
  readonly commands: boolean;
  /** This process; `null` where only others are shown. */
  readonly here: InspectionSource & { readonly startedAtMs: number } | null;
  /** Knows pending entries and dead letters. */
  readonly broker: GroupStore & StreamStore;
  /** Reads the charts that are known without being told. */
  readonly loadCharts: () => Promise<readonly Chart[]>;
  /** Loads the page. Default: the one that belongs to these routes. */
  readonly loadPage?: () => Promise<InspectorPage>;
  /** Where it is said what operators do. */
  readonly log: Log;
  /** Time. */
  readonly clock: Clock;
}

/**
 * The routes at `/inspector`.
 *
 * @param sources The running processes.
 * @param options What they may do, and with what.
 */
export function inspectorRoutes(
  sources: InspectionSources,
  options: InspectorRoutesOptions,
): RouteGroup {
  const { broker, clock, loadCharts, loadPage = loadOwnPage, ...rest } = options;
  const given = {
    ...rest,
    ...{ sources, clock, groups: broker },
    letters: new DeadLetterDesk({ broker, clock }),
    charts: new ChartDesk(loadCharts),
  };
  const following = [followFrames, followStately, downloadSession];
  const looking = [listInstances, showChart, listPending, deadLetterRoutes, commandConsumers];
  const group: RouteGroup = (app) => {
    pageRoute(loadPage)(app);
    for (const route of [...looking, ...following]) route(given)(app);
  };
  return Object.assign(group, {
    [Symbol.asyncDispose]: () => given.charts[Symbol.asyncDispose](),
  });
}

async function loadOwnPage(): Promise<InspectorPage> {
  const { PAGE_HTML: html, PAGE_POLICY: policy } = await import("../page.gen.ts");
  return { html, policy };
}
