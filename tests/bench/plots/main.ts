/**
 * Draws the figures of earlier runs: `deno task plots < figures.jsonl`, where the file holds
 * what `deno task bench --json` told, of one run or several. So a run of hours need not be repeated for its plots.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { z } from "@hono/zod-openapi";
import { answersHelp, faultOf, refusal, taskArguments } from "../../support/task_answers.ts";
import type { Row } from "../scenario.ts";
import { type Measured, writePlots } from "./write_plots.ts";

const figure = z.object({
  scenario: z.string(),
  machine: z.object({ cores: z.number(), deno: z.string(), redis: z.string().nullable() }),
  row: z.record(z.string(), z.union([z.string(), z.number(), z.null().transform(() => NaN)])),
});

const HELP = `Usage: deno task plots < figures.jsonl

Draws the figures that "deno task bench --json" printed, of one run or several, into
tests/bench/plots.

Options:
  -h, --help  Show this

Exit codes: 0 drawn, 2 wrong use, or what was given holds no figures.`;

if (import.meta.main) Deno.exitCode = await main(taskArguments(Deno.args));

/** Runs the task. @returns The exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (answersHelp(args, HELP)) return 0;
  try {
    parseArgs({ args: [...args], options: {} });
    const { found, machine } = readFigures(await new Response(Deno.stdin.readable).text());
    const date = new Date().toISOString().slice(0, "2026-01-31".length);
    for (const path of await writePlots(found, { ...machine, date })) console.log(`Wrote ${path}`);
    return 0;
  } catch (error) {
    console.error(refusal(faultOf(error), HELP));
    return 2;
  }
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
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const { scenario, row, machine: where } = figureOf(line, index + 1);
    found.set(scenario, [...found.get(scenario) ?? [], row]);
    machine = where;
  }
  if (machine === null) throw new Error("Cannot draw: there are no figures");
  return { found, machine };
}

/** @throws {Error} When the line is none. */
function figureOf(line: string, number: number): z.infer<typeof figure> {
  try {
    return figure.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`Cannot draw: line ${number} is no figure of bench --json`, { cause });
  }
}
