/**
 * Finds a place for every box and line, in two rounds: in the first one the layout library chooses freely from which
 * side of a box each line leaves and in which order; the rows are written in that order, and in the second round the
 * lines start exactly beside their rows. So lines seldom cross, and every row is beside its line.
 *
 * @module
 */

import { ROW_GAP } from "./box_contents.ts";
import { type Docks, elkGraph, type Placed, readPlaced, type Side } from "./elk_graph.ts";
import { type Outline, type OutlineBox, withInner } from "./outline.ts";

/** Where everything is. */
export interface Arrangement extends Placed {
  /** For each row, by its id, how far it is below its box's top, in px. */
  readonly rowTops: ReadonlyMap<string, number>;
}

/**
 * Arranges an outline. Loads the layout library, 1.6 MB, when it is first called.
 *
 * @returns The same for the same outline.
 */
export async function arrange(outline: Outline): Promise<Arrangement> {
  const { default: library } = await import("elkjs/lib/elk.bundled.js");
  // It is CommonJS: its default export holds the class once more, and only that one has the type of a class.
  const elk = new library.default();
  const free = readPlaced(outline, await elk.layout(elkGraph(outline)));
  const rowTops = new Map(
    withInner(outline.boxes).flatMap((box) => rowTopsOf(outline, free, box)),
  );
  const docks = docksOf(outline, free, rowTops);
  return { ...readPlaced(outline, await elk.layout(elkGraph(outline, docks))), rowTops };
}

/** Rows with lines from top to bottom as their lines leave, then those without. */
function rowTopsOf(outline: Outline, placed: Placed, box: OutlineBox): [string, number][] {
  const rows = box.contents?.rows ?? [];
  const leaves = new Map<string, number>();
  outline.lines.forEach(({ row }, index) => {
    const start = placed.lines[index]?.[0];
    if (row !== null && start !== undefined && !leaves.has(row.id)) leaves.set(row.id, start.y);
  });
  const height = (id: string) => leaves.get(id) ?? Infinity;
  // Where neither has a line the difference is no number, and they stay as they are.
  const sorted = rows.toSorted((a, b) => height(a.id) - height(b.id) || 0);
  let top = box.contents?.headerHeight ?? 0;
  return sorted.map((row) => {
    const own = top;
    top += row.h + ROW_GAP;
    return [row.id, own];
  });
}

function docksOf(
  outline: Outline,
  placed: Placed,
  rowTops: ReadonlyMap<string, number>,
): Docks {
  const sideOf = (box: string, x: number | undefined): Side => {
    const { x: left = 0, w = 0 } = placed.boxes.get(box) ?? {};
    return x !== undefined && x < left + w / 2 ? "WEST" : "EAST";
  };
  const rows = new Map<string, { side: Side; y: number }>();
  outline.lines.forEach(({ from, row }, index) => {
    if (row === null || rows.has(row.id)) return;
    const side = sideOf(from, placed.lines[index]?.[0]?.x);
    rows.set(row.id, { side, y: (rowTops.get(row.id) ?? 0) + row.h / 2 });
  });
  return {
    rows,
    ends: outline.lines.map(({ to }, index) => sideOf(to, placed.lines[index]?.at(-1)?.x)),
  };
}
