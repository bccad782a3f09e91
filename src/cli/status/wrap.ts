/**
 * Sentences under a table: broken between words, so that they fit the width of a table.
 *
 * @module
 */

import stringWidth from "string-width";
import { cutToWidth, TABLE_WIDTH_MAX } from "../columns.ts";

/** Breaks a sentence into indented lines. A word that is longer than a line is cut. */
export function wrapped(text: string, indent: string): string[] {
  const width = TABLE_WIDTH_MAX - indent.length;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (stringWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = cutToWidth(word, width);
  }
  return [...lines, line].map((each) => `${indent}${each}`);
}
