/**
 * The lines of a chart as SVG paths: with rounded corners, so that the eye can follow one, and an arrow's tip at the end.
 *
 * @module
 */

import type { LayoutPoint } from "./chart_layout.ts";

/** How round a corner is, in px. */
const RADIUS = 6;

/** An arrow's tip, in px. */
const TIP_LENGTH = 8;
const TIP_HALF_WIDTH = 3.6;

/** A line through its corners, each one rounded as far as its sides allow. */
export function roundedPath(corners: readonly LayoutPoint[]): string {
  const [start, ...rest] = corners;
  if (start === undefined) return "";
  const parts = [`M${start.x} ${start.y}`];
  rest.forEach((corner, index) => {
    const before = corners[index] ?? start;
    const after = rest[index + 1];
    if (after === undefined) {
      parts.push(`L${corner.x} ${corner.y}`);
      return;
    }
    const radius = Math.min(RADIUS, distance(before, corner) / 2, distance(corner, after) / 2);
    const near = towards(corner, before, radius);
    const far = towards(corner, after, radius);
    parts.push(`L${near.x} ${near.y}Q${corner.x} ${corner.y} ${far.x} ${far.y}`);
  });
  return parts.join("");
}

/** The tip of the arrow at a line's end. */
export function tipPath(corners: readonly LayoutPoint[]): string {
  const end = corners.at(-1);
  const before = corners.at(-2);
  if (end === undefined || before === undefined) return "";
  const back = towards(end, before, TIP_LENGTH);
  const length = distance(end, before) || 1;
  const across = {
    x: (before.y - end.y) / length * TIP_HALF_WIDTH,
    y: (end.x - before.x) / length * TIP_HALF_WIDTH,
  };
  const points = [
    end,
    { x: back.x + across.x, y: back.y + across.y },
    { x: back.x - across.x, y: back.y - across.y },
  ];
  return `M${points.map(({ x, y }) => `${rounded(x)} ${rounded(y)}`).join("L")}z`;
}

function distance(a: LayoutPoint, b: LayoutPoint): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The point so far from `from` in the direction of `to`. */
function towards(from: LayoutPoint, to: LayoutPoint, far: number): LayoutPoint {
  const share = far / (distance(from, to) || 1);
  return {
    x: rounded(from.x + (to.x - from.x) * share),
    y: rounded(from.y + (to.y - from.y) * share),
  };
}

function rounded(px: number): number {
  return Math.round(px * 10) / 10;
}
