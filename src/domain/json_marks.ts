/**
 * The brackets and commas of a JSON text, for those who must know how it is built without building it: what is in strings
 * is passed over.
 *
 * @module
 */

const MARKS = "[]{},";

/**
 * Goes through the brackets and commas outside of strings, from the first to the last. Takes no stack.
 *
 * @param json Valid JSON.
 * @param visit Told each with its place; goes on unless the answer is `false`.
 */
export function eachMark(json: string, visit: (mark: string, index: number) => boolean): void {
  let isInText = false;
  for (let index = 0; index < json.length; index++) {
    const character = json.charAt(index);
    if (isInText) {
      if (character === "\\") index++;
      else if (character === '"') isInText = false;
    } else if (character === '"') {
      isInText = true;
    } else if (MARKS.includes(character) && !visit(character, index)) {
      return;
    }
  }
}

/** What a mark does to the depth: 1 opens, -1 closes, 0 does neither. */
export function depthOf(mark: string): -1 | 0 | 1 {
  if (mark === "[" || mark === "{") return 1;
  return mark === "," ? 0 : -1;
}
