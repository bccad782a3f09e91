/**
 * Corners of lines put right: where a line crosses the border of a box, the layout library rounds to whole px, which
 * leaves it half a px askew.
 *
 * @module
 */

import type { LayoutPoint } from "./chart_layout.ts";

/** What is no more than this askew was meant to be straight, in px. */
const ASKEW_MAX = 1;

/** The same line, each part of it level or upright, without corners in the middle of a straight part. */
export function straightened(corners: readonly LayoutPoint[]): LayoutPoint[] {
  const aligned = [...corners];
  const last = aligned.length - 1;
  // From the start on, and then back from the end: both stay at their boxes, and what is between them gives way.
  for (let index = 1; index < last; index++) align(aligned, { index, to: index - 1 });
  for (let index = last - 1; index > 0; index--) align(aligned, { index, to: index + 1 });
  return withoutStraight(aligned);
}

function align(
  corners: LayoutPoint[],
  { index, to }: { readonly index: number; readonly to: number },
): void {
  const corner = corners[index];
  const fixed = corners[to];
  if (corner !== undefined && fixed !== undefined) corners[index] = alignedTo(fixed, corner);
}

/** Level with, or right above or below the fixed one, if it nearly is. */
function alignedTo(fixed: LayoutPoint, corner: LayoutPoint): LayoutPoint {
  const { x, y } = corner;
  if (Math.abs(y - fixed.y) <= ASKEW_MAX && Math.abs(x - fixed.x) > ASKEW_MAX) {
    return { x, y: fixed.y };
  }
  if (Math.abs(x - fixed.x) <= ASKEW_MAX && Math.abs(y - fixed.y) > ASKEW_MAX) {
    return { x: fixed.x, y };
  }
  return corner;
}

function withoutStraight(corners: readonly LayoutPoint[]): LayoutPoint[] {
  return corners.filter((corner, index) => {
    const before = corners[index - 1];
    const after = corners[index + 1];
    if (before === undefined || after === undefined) return true;
    const isLevel = before.y === corner.y && corner.y === after.y;
    const isUpright = before.x === corner.x && corner.x === after.x;
    return !isLevel && !isUpright;
  });
}
