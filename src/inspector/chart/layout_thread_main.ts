/**
 * Lays charts out in a thread of its own. In the main isolate this module does nothing; it is imported there only for
 * its address, and so that whoever caches or bundles the program takes it along.
 *
 * @module
 */

import { isMainThread, parentPort } from "node:worker_threads";
import type { ContentOptions } from "./box_contents.ts";
import type { Chart } from "./chart.ts";
import type { ChartLayout } from "./chart_layout.ts";
import { layoutOf } from "./layout.ts";

/** What such a thread is given. */
export interface LayoutTask {
  /** What to lay out. */
  readonly chart: Chart;
  /** How. */
  readonly options: ContentOptions;
}

/** Where this module is. */
export const LAYOUT_THREAD_MAIN: URL = new URL(import.meta.url);

if (!isMainThread) {
  parentPort?.on("message", async (task: unknown) => {
    parentPort?.postMessage(isTask(task) ? await layoutOrNull(task) : null);
  });
}

/** What cannot be laid out is told by `null`: whoever asked finds out why. */
async function layoutOrNull({ chart, options }: LayoutTask): Promise<ChartLayout | null> {
  try {
    return await layoutOf(chart, options);
  } catch {
    return null;
  }
}

function isTask(data: unknown): data is LayoutTask {
  return typeof data === "object" && data !== null && "chart" in data && "options" in data;
}
