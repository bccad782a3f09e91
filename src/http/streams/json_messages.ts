/**
 * JSON messages as texts. A body is one message, or an array of them; each is kept in its own words, because parsing and
 * printing would change long numbers and double names. A line break inside of JSON is only ever space between its parts,
 * so it is written as a space, and a break between two lines can part two messages.
 *
 * @module
 */

import { depthOf, eachMark } from "../../domain/json_marks.ts";
import { badRequest } from "./refusals.ts";

/**
 * The messages of a body: the elements of an array, or the value itself.
 *
 * @param body UTF-8.
 * @returns Texts without line breaks; empty for `[]`.
 * @throws {ProblemError} When it is not JSON.
 */
export function jsonMessages(body: Uint8Array): readonly string[] {
  const text = validJson(body).replace(/[\r\n]/g, " ").trim();
  return text.startsWith("[") ? elements(text) : [text];
}

/** Messages as one array. @param lines Lines with one message each, joined by breaks. */
export function jsonArray(lines: string): string {
  return `[${lines.replaceAll("\n", ",")}]`;
}

function validJson(body: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    JSON.parse(text);
    return text;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) {
      throw badRequest("INVALID_JSON", "The body is not JSON in UTF-8");
    }
    throw error;
  }
}

/** The elements of an array that is known to be valid, by counting brackets outside of strings. */
function elements(array: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 1;
  eachMark(array, (mark, index) => {
    depth += depthOf(mark);
    if (mark === "," && depth === 1) {
      found.push(array.slice(from, index).trim());
      from = index + 1;
    }
    return true;
  });
  const last = array.slice(from, -1).trim();
  return last === "" ? found : [...found, last];
}
