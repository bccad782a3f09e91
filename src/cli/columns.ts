/**
 * Tables for a terminal: they fit 100 columns, whatever stands in them, and nothing in them can steer the terminal.
 *
 * @module
 */

import stringWidth from "string-width";
import { escapeUnprintable } from "../domain/printable.ts";

/** A column. */
export interface Column<Row> {
  /** What stands above it. */
  readonly title: string;
  /** What stands in it; of any origin. */
  readonly cell: (row: Row) => string;
  /** Numbers stand one below the other. Default: texts. */
  readonly isNumber?: boolean;
  /** To how many places it may be cut where the table is too wide. Default: never. */
  readonly widthMin?: number;
}

/** What a table may take: most terminals have as much, and a line of it can be pasted into a ticket. */
export const TABLE_WIDTH_MAX = 100;

/** A name that is cut here can still be told from others. */
export const NAME_WIDTH_MIN = 12;

/** An id of today with a sequence number of five digits is not cut. */
export const ID_WIDTH_MIN = 19;

const GAP = "  ";

const segmenter = new Intl.Segmenter();

/** A table with a line of titles, without a line end. */
export function tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ cell }) => escapeUnprintable(cell(row))));
  const widths = columns.map(({ title }, index) => {
    return Math.max(stringWidth(title), ...cells.map((line) => stringWidth(line[index] ?? "")));
  });
  narrow(widths, columns);
  const lineOf = (line: readonly string[]) =>
    columns.map(({ isNumber = false }, index) => {
      const width = widths[index] ?? 0;
      const text = cutToWidth(line[index] ?? "", width);
      const padding = " ".repeat(Math.max(0, width - stringWidth(text)));
      return isNumber ? padding + text : text + padding;
    }).join(GAP).trimEnd();
  return [columns.map(({ title }) => title), ...cells].map(lineOf).join("\n");
}

/** Takes from the widest column that may give, place by place, until the table fits. */
function narrow<Row>(widths: number[], columns: readonly Column<Row>[]): void {
  const gaps = GAP.length * (widths.length - 1);
  let excess = widths.reduce((sum, width) => sum + width, gaps) - TABLE_WIDTH_MAX;
  for (; excess > 0; excess--) {
    let widest = -1;
    for (const [index, { widthMin = Infinity, title }] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (width <= Math.max(widthMin, stringWidth(title))) continue;
      if (widest === -1 || width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/**
 * Cuts a text to what a terminal shows in so many places, never through a character, and marks the cut with `…`.
 *
 * @param text Printable.
 * @param width At least 1.
 */
export function cutToWidth(text: string, width: number): string {
  // A character takes no more than two places, but any number of units; few texts come near that.
  if (text.length <= width && stringWidth(text) <= width) return text;
  if (text.length <= width * 16 && stringWidth(text) <= width) return text;
  let cut = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text.slice(0, width * 16))) {
    const places = stringWidth(segment);
    if (used + places > width - 1) break;
    cut += segment;
    used += places;
  }
  return `${cut}…`;
}
