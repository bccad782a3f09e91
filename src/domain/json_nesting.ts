/**
 * How deep JSON may be nested where it is to be written again. `JSON.parse` reads any depth, but `JSON.stringify` of V8
 * recurses for some values and ends in a full stack at about 5,300 levels (measured, Deno 2.9.6), for the very same value
 * now and then: what was taken once could not be shown any more.
 *
 * @module
 */

import { depthOf, eachMark } from "./json_marks.ts";

/** Half of what is left of a stack that nobody else uses; far beyond what any program means to say. */
export const JSON_LEVELS_MAX = 2_500;

/**
 * Whether arrays and records lie more than {@linkcode JSON_LEVELS_MAX} deep in each other. Takes no stack.
 *
 * @param json Valid JSON.
 */
export function nestsTooDeeply(json: string): boolean {
  // Each level takes two characters, so that nearly all texts are not even looked at.
  if (json.length <= 2 * JSON_LEVELS_MAX) return false;
  let levels = 0;
  eachMark(json, (mark) => (levels += depthOf(mark)) <= JSON_LEVELS_MAX);
  return levels > JSON_LEVELS_MAX;
}
