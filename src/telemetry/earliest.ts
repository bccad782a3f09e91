/**
 * The first of things that have a time: the handler that runs for the longest, the entry that is tried again next. Facts
 * may come in any order.
 *
 * @module
 */

/** The one with the least time; `undefined` for none. */
export function earliest<Item>(
  items: readonly Item[],
  timeMs: (item: Item) => number,
): Item | undefined {
  let first = items[0];
  for (const item of items) {
    if (first === undefined || timeMs(item) < timeMs(first)) first = item;
  }
  return first;
}
