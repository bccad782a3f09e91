/**
 * Up and down in a list of what happened: from line to line, and with each to its moment, so that what a filter has left
 * can be gone through without a mouse.
 *
 * @module
 */

import type { Inspection } from "./inspection.ts";
import type { VirtualList } from "./virtual_list.ts";

/** How lines are gone to. */
export interface LineKeysOptions<Item> {
  /** The frame after which a line lies; lines are in its order. */
  readonly seqOf: (item: Item) => number;
  /** Goes to a line's moment. */
  readonly choose: (item: Item) => void;
}

/** Listens to them. On from the last line is the present, and back from the present the last line. */
export function listenToLineKeys<Item>(
  inspection: Inspection,
  list: VirtualList<Item>,
  { seqOf, choose }: LineKeysOptions<Item>,
): void {
  list.element.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    if (ctrlKey || metaKey || altKey || shiftKey) return;
    if (key !== "ArrowUp" && key !== "ArrowDown") return;
    event.preventDefault();
    const { cursor } = inspection;
    if (cursor === null && key === "ArrowDown") return;
    const { items } = list;
    const found = key === "ArrowDown"
      ? items.find((item) => seqOf(item) > (cursor ?? Infinity))
      : items.findLast((item) => seqOf(item) < (cursor ?? Infinity));
    if (found !== undefined) choose(found);
    else if (key === "ArrowDown") inspection.goTo(null);
  });
}
