/**
 * Remembers layouts: a definition is laid out once in a process, however many machines of it run and pages look at them.
 *
 * @module
 */

import type { Chart } from "./chart.ts";
import type { ContentOptions } from "./box_contents.ts";
import { chartHash } from "./chart_hash.ts";
import type { ChartLayout } from "./chart_layout.ts";
import { layoutOf } from "./layout.ts";

/** A fleet has a handful of definitions; a layout of the largest takes about 35 kB. */
const LAYOUTS_MAX = 64;

/** Layouts by definition. */
export class LayoutCache {
  readonly #layouts = new Map<string, Promise<ChartLayout>>();
  readonly #layOut: typeof layoutOf;

  /**
   * An empty one.
   *
   * @param layOut What lays a chart out.
   */
  constructor(layOut: typeof layoutOf = layoutOf) {
    this.#layOut = layOut;
  }

  /**
   * The layout of a chart.
   *
   * @returns The same object for the same definition and options, until 64 others were asked for later.
   * @throws What laying it out threw; it is tried again the next time.
   */
  layout(chart: Chart, options: ContentOptions): Promise<ChartLayout> {
    const key = `${chartHash(chart)} ${options.badges}`;
    const known = this.#layouts.get(key);
    const layout = known ?? this.#layOut(chart, options);
    this.#layouts.delete(key);
    this.#layouts.set(key, layout); // the last one asked for is the last one forgotten
    if (known === undefined) layout.catch(() => this.#forget(key, layout));
    for (const oldest of this.#layouts.keys()) {
      if (this.#layouts.size <= LAYOUTS_MAX) break;
      this.#layouts.delete(oldest);
    }
    return layout;
  }

  #forget(key: string, layout: Promise<ChartLayout>): void {
    if (this.#layouts.get(key) === layout) this.#layouts.delete(key);
  }
}
