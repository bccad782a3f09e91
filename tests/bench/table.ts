/**
 * The table of a scenario: numbers to the right, words to the left.
 *
 * @module
 */

import type { Row } from "./scenario.ts";

/** The rows under all headings that occur, in the order in which they do. */
export function formatTable(rows: readonly Row[]): string {
  const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return headings.map((heading) => {
    const cells = rows.map((row) => row[heading] ?? "");
    const isNumeric = cells.every((cell) => cell === "" || typeof cell === "number");
    const lines = [heading, ...cells.map(String)];
    const width = Math.max(...lines.map(({ length }) => length));
    return lines.map((line) => isNumeric ? line.padStart(width) : line.padEnd(width));
  }).reduce((left, right) => left.map((line, at) => `${line}  ${right[at] ?? ""}`))
    .map((line) => line.trimEnd()).join("\n");
}
