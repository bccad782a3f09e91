/**
 * Draws the figures of earlier runs: `deno task plots < figures.jsonl`, where the file holds
 * what `deno task bench --json` told, of one run or several. So a run of hours need not be repeated for its plots.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import type { Row } from "../scenario.ts";
import { type Measured, writePlots } from "./write_plots.ts";

const figure = z.object({
  scenario: z.string(),
  machine: z.object({ cores: z.number(), deno: z.string(), redis: z.string().nullable() }),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null().transform(() => NaN)])),
});

if (import.meta.main) {
  const text = await new Response(Deno.stdin.readable).text();
  const date = new Date().toISOString().slice(0, "2026-01-31".length);
  const { found, machine } = readFigures(text);
  for (const path of await writePlots(found, { ...machine, date })) console.log(`Wrote ${path}`);
}

/**
 * Reads lines of figures.
 *
 * @returns The rows by scenario, and the machine of the last one.
 * @throws {Error} When a line is none, or when there is none.
 */
export function readFigures(
  text: string,
): {
  readonly found: ReadonlyMap<string, readonly Row[]>;
  readonly machine: Omit<Measured, "date">;
} {
  const found = new Map<string, Row[]>();
  let machine: Omit<Measured, "date"> | null = null;
  for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
    const { scenario, row, machine: where } = figure.parse(JSON.parse(line));
    found.set(scenario, [...found.get(scenario) ?? [], row]);
    machine = where;
  }
  if (machine === null) throw new Error("Cannot draw: there are no figures");
  return { found, machine };
}
