/**
 * The options as tables of the README, written from the option table, one table for each section of the file. A test
 * compares them with the README; write them anew with
 *
 * ```sh
 * deno eval 'import { withOptions } from "./src/config/markdown_text.ts"; const file = "README.md"; Deno.writeTextFileSync(file, withOptions(Deno.readTextFileSync(file)))'
 * ```
 *
 * @module
 */

import { defaultOf, keyOf, type Option, rangeOf, sectionOf } from "./option.ts";
import { OPTIONS } from "./options.ts";

/** The formatter would make every line as wide as the longest sentence. */
const BEGIN = "<!-- Written from src/config/options.ts -->\n<!-- deno-fmt-ignore-start -->";
const END = "<!-- deno-fmt-ignore-end -->";

/** Puts the tables between their two marks; a text without the marks stays as it is. */
export function withOptions(page: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END, begin);
  if (begin === -1 || end === -1) return page;
  return `${page.slice(0, begin)}${BEGIN}\n\n${configurationMarkdown()}\n${page.slice(end)}`;
}

/** The tables. The first three columns are aligned, so that they can be read as they stand. */
export function configurationMarkdown(): string {
  const sections = Map.groupBy(OPTIONS, sectionOf);
  return [...sections].map(([section, options]) => `In \`${section}\`:\n\n${tableOf(options)}`)
    .join("\n");
}

function tableOf(options: readonly Option[]): string {
  const rows = options.map((
    option,
  ) => [`\`${keyOf(option)}\``, defaultOf(option), rangeOf(option)]);
  const cells = [["option", "default", "range"], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0))
  );
  const lineOf = (row: readonly string[], text: string) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} | ${text} |\n`;
  const dashes = widths.map((width) => "-".repeat(width));
  return lineOf(["option", "default", "range"], "meaning") + lineOf(dashes, "-------") +
    rows.map((row, index) => lineOf(row, options[index]?.text ?? "")).join("");
}
