/**
 * Draws what was measured into files beside this one, which the README shows.
 *
 * @module
 */

import type { Machine } from "../machine.ts";
import type { Row } from "../scenario.ts";
import { drawPlot } from "./draw.ts";
import { PLOTS } from "./plot.ts";

/** Where the plots are. */
const FOLDER = new URL("./", import.meta.url);

/** When and where figures were measured. */
export type Measured = Pick<Machine, "cores" | "deno" | "redis"> & { readonly date: string };

/**
 * Writes the plots of the scenarios that were measured; others stay as they are.
 *
 * @param found The rows by scenario.
 * @param options `folder`: where to. Default: where the README looks for them.
 * @returns The paths.
 */
export async function writePlots(
  found: ReadonlyMap<string, readonly Row[]>,
  { folder = FOLDER, ...measured }: Measured & { readonly folder?: URL },
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const plot of PLOTS) {
    const rows = found.get(plot.scenario);
    if (rows === undefined) continue;
    const svg = await drawPlot(plot, { rows, facts: factsOf(measured) });
    if (svg === null) continue;
    const file = new URL(`${plot.name}.svg`, folder);
    await Deno.writeTextFile(file, `${svg}\n`);
    paths.push(file.pathname);
  }
  return paths;
}

function factsOf({ cores, deno, redis, date }: Measured): string {
  const server = redis === null ? [] : [`Redis ${redis}`];
  return [date, `${cores} cores`, `Deno ${deno}`, ...server].join(", ");
}
