/**
 * The README's table of speed, written from the figures of one run: `deno task bench --readme`. Ratios come first, because
 * they are what another machine shows too.
 *
 * @module
 */

import type { Machine } from "../machine.ts";
import type { Row } from "../scenario.ts";
import { SIDES, SPEED_LINES, type SpeedLine } from "./speed_lines.ts";

/** The formatter would make every line as wide as the longest cell. */
const BEGIN = "<!-- Written by deno task bench --readme -->\n<!-- deno-fmt-ignore-start -->";
const END = "<!-- deno-fmt-ignore-end -->";

/** The rows that were found, by scenario. */
export type Found = ReadonlyMap<string, readonly Row[]>;

/** What a table is about besides its figures. */
export interface Circumstances extends Machine {
  /** The day, such as 2026-11-21. */
  readonly day: string;
}

/**
 * Puts the figures between their two marks.
 *
 * @throws {Error} When a mark is missing.
 */
export function withSpeed(page: string, text: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin === -1 || end === -1) {
    throw new Error(`Cannot write the figures: the page has no "${BEGIN.split("\n")[0]}"`);
  }
  return `${page.slice(0, begin)}${BEGIN}\n\n${text}\n${page.slice(end)}`;
}

/** What stands between the two marks, without the space around it; `null` where they are missing. */
export function speedIn(page: string): string | null {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  return begin === -1 || end === -1 ? null : `${page.slice(begin + BEGIN.length, end).trim()}\n`;
}

/**
 * The table, and a sentence that says when and where it was measured.
 *
 * @throws {Error} When a row is missing.
 */
export function speedText(found: Found, circumstances: Circumstances): string {
  const rows = [
    ["", "against", '`order: "key"`', '`order: "none"`'],
    ["---", "---", "---", "---"],
    ...SPEED_LINES.map((line) => [
      line.what,
      line.against,
      ...SIDES.map((side) => cellOf(line, rowOf(line, side, found))),
    ]),
  ];
  const table = rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
  return `${table}\nMeasured ${sentence(circumstances)}.\n`;
}

function sentence({ day, processor, cores, deno, redis, ioredis, xstate }: Circumstances): string {
  const machine = `${processor ?? "unknown processor"} with ${cores} cores`;
  const versions = `Deno ${deno}, Redis ${redis ?? "none"}, ioredis ${ioredis}, XState ${xstate}`;
  return `on ${day}: ${machine}, ${versions}`;
}

function rowOf({ scenario, where, what }: SpeedLine, side: string, found: Found): Row {
  const wanted = Object.entries({ ...where, side });
  const row = found.get(scenario)?.find((each) =>
    wanted.every(([heading, cell]) => each[heading] === cell)
  );
  if (row === undefined) throw new Error(`Cannot write "${what}": "${side}" was not measured`);
  return row;
}

/** Such as `1.7 x, 23,000/s`: the ratio to two digits, the figure too, since more would not repeat. */
function cellOf({ what, ratio, figure, unit }: SpeedLine, row: Row): string {
  const [times, value] = [row[ratio], row[figure]].map(Number);
  if (times === undefined || value === undefined || !(times > 0) || !(value > 0)) {
    throw new Error(`Cannot write "${what}": "${ratio}" or "${figure}" was not measured`);
  }
  return `**${twoDigits(times)} x**, ${twoDigits(value)}${unit}`;
}

function twoDigits(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}
