/**
 * The charts that a page can ask for, by their hashes: those of Tidemark's own machines, and those that went through here
 * on their way to somebody who follows. Each is laid out once.
 *
 * @module
 */

import type { Chart } from "../chart/chart.ts";
import { chartHash } from "../chart/chart_hash.ts";
import type { ChartLayout } from "../chart/chart_layout.ts";
import { LayoutCache } from "../chart/layout_cache.ts";
import { LayoutThread } from "../chart/layout_thread.ts";
import type { Message } from "../format.ts";

/** A fleet has a handful; another process could tell of any number. */
const CHARTS_MAX = 64;

/** Another process may tell of anything, and laying it out would hold up this one. The largest of ours has 20 and 60. */
const STATES_MAX = 150;
const TRANSITIONS_MAX = 500;

/** A chart, drawn. */
export interface DrawnChart {
  /** The chart itself. */
  readonly machine: Chart;
  /** Where everything is. */
  readonly layout: ChartLayout;
}

/** Keeps charts. */
export class ChartDesk implements AsyncDisposable {
  readonly #loadKnown: () => Promise<readonly Chart[]>;
  readonly #thread = new LayoutThread();
  readonly #layouts = new LayoutCache((chart, options) => this.#thread.layout(chart, options));
  readonly #told = new Map<string, Chart>();
  #known: Promise<ReadonlyMap<string, Chart>> | null = null;

  /** @param loadKnown Reads the charts that are known without being told. Called once, and not before one is wanted. */
  constructor(loadKnown: () => Promise<readonly Chart[]>) {
    this.#loadKnown = loadKnown;
  }

  /** Remembers the charts among some messages. A chart under a hash that is not its own is nobody's. */
  note(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type !== "definition" || this.#told.has(message.hash)) continue;
      const { hash, chart } = message;
      if (!isSmall(chart) || chartHash(chart) !== hash) continue;
      for (const oldest of this.#told.keys()) {
        if (this.#told.size < CHARTS_MAX) break;
        this.#told.delete(oldest);
      }
      this.#told.set(hash, chart);
    }
  }

  /**
   * The layout of a chart, with room for counts and times.
   *
   * @returns `null` for one that is not known.
   * @throws {ChartTooLargeError} When it has too many arrows.
   */
  async layout(hash: string): Promise<DrawnChart | null> {
    const chart = this.#told.get(hash) ?? (await this.#knownCharts()).get(hash);
    if (chart === undefined) return null;
    const layout = await this.#layouts.layout(chart, { badges: true });
    return { machine: chart, layout };
  }

  /** Gives up what is not drawn yet. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }

  #knownCharts(): Promise<ReadonlyMap<string, Chart>> {
    return this.#known ??= this.#loadKnown().then((charts) =>
      new Map(charts.map((chart) => [chartHash(chart), chart]))
    );
  }
}

function isSmall({ states, transitions }: Chart): boolean {
  return states.length <= STATES_MAX && transitions.length <= TRANSITIONS_MAX;
}
