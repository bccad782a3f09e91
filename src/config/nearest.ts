/**
 * Guessing what somebody meant to type.
 *
 * @module
 */

/** Longer texts are no typing mistakes, and comparing costs the product of the lengths. */
const LENGTH_MAX = 64;

/**
 * Finds the known name that is nearest to a mistyped one.
 *
 * @returns `undefined` when none is within two changes and a third of its length.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (given.length > LENGTH_MAX) return undefined;
  let nearest: string | undefined;
  let least = Infinity;
  for (const name of known) {
    const changes = changesBetween(given.toLowerCase(), name.toLowerCase());
    if (changes < least && changes <= 2 && changes * 3 <= name.length) {
      nearest = name;
      least = changes;
    }
  }
  return nearest;
}

/** Levenshtein's distance: letters added, removed or replaced. */
function changesBetween(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const removed = (previous[column] ?? 0) + 1;
      const added = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, added));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
