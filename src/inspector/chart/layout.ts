/**
 * Lays a chart out: from what it says to numbers that a page can draw with.
 *
 * @module
 */

import { arrange, type Arrangement } from "./arrange.ts";
import {
  type BoxContents,
  type ContentOptions,
  LABEL_BADGE_WIDTH,
  PADDING_X,
  PADDING_Y,
  type Row,
  TITLE_BADGE_WIDTH,
} from "./box_contents.ts";
import { type Chart, rootOf } from "./chart.ts";
import { ChartTooLargeError } from "./chart_errors.ts";
import { chartHash } from "./chart_hash.ts";
import type {
  ChartLayout,
  LayoutBox,
  LayoutEdge,
  LayoutLabel,
  LayoutNode,
  LayoutText,
} from "./chart_layout.ts";
import { type OutlineBox, outlineOf, withInner } from "./outline.ts";
import { CODE, PROSE, TITLE } from "./text_size.ts";

/**
 * The time that a layout takes grows faster than the number of arrows, and nothing else runs meanwhile: the 47 of the
 * consumer take a quarter of a second, a hundred that all cross each other took half a minute.
 */
const ARROWS_MAX = 80;

/**
 * Lays a chart out. The first time in a process takes about a quarter of a second, in which nothing else runs.
 *
 * @param options Whether room is kept for counts and times.
 * @returns The same for the same chart and options, in every process.
 * @throws {ChartTooLargeError} When it has more than 80 arrows.
 */
export async function layoutOf(chart: Chart, options: ContentOptions): Promise<ChartLayout> {
  const outline = outlineOf(chart, options);
  const arrowCount = outline.lines.length;
  if (arrowCount > ARROWS_MAX) {
    throw new ChartTooLargeError(chart.machine, { arrowCount, arrowsMax: ARROWS_MAX });
  }
  const arrangement = await arrange(outline);
  const parents = new Map(
    withInner(outline.boxes).flatMap(({ id, children }) =>
      children.map((child): [string, string] => [child.id, id])
    ),
  );
  const boxes = withInner(outline.boxes).map((box) => ({
    box,
    at: arrangement.boxes.get(box.id) ?? { x: 0, y: 0, w: 0, h: 0 },
  }));
  return {
    hash: chartHash(chart),
    machine: chart.machine,
    description: rootOf(chart)?.description ?? null,
    width: arrangement.width,
    height: arrangement.height,
    nodes: boxes.map(({ box, at }) => ({
      id: box.id,
      kind: box.kind,
      state: box.state,
      parent: parents.get(box.id) ?? null,
      ...at,
      ...textsOf(box.contents, at, options),
    })),
    edges: boxes.flatMap(({ box, at }) => {
      const linesOf = (row: Row | null) =>
        outline.lines.flatMap((line, index) =>
          line.from === box.id && line.row === row ? [arrangement.lines[index] ?? []] : []
        );
      return edgesOf(box, { at, arrangement, badges: options.badges, linesOf, chart });
    }),
  };
}

/** What is written above the rows. */
function textsOf(
  contents: BoxContents | null,
  at: LayoutBox,
  { badges }: ContentOptions,
): Pick<LayoutNode, "title" | "description" | "badge"> {
  if (contents === null) return { title: null, description: [], badge: null };
  const x = at.x + PADDING_X;
  const y = at.y + PADDING_Y;
  const w = at.w - 2 * PADDING_X;
  const badgeWidth = badges ? TITLE_BADGE_WIDTH : 0;
  return {
    title: { text: contents.title, x, y, w: w - badgeWidth, h: TITLE.lineHeight },
    description: contents.description.map((text, index): LayoutText => ({
      text,
      x,
      y: y + TITLE.lineHeight + index * PROSE.lineHeight,
      w,
      h: PROSE.lineHeight,
    })),
    badge: badges ? { x: x + w - badgeWidth, y, w: badgeWidth, h: TITLE.lineHeight } : null,
  };
}

interface EdgeOptions extends ContentOptions {
  readonly at: LayoutBox;
  readonly arrangement: Arrangement;
  readonly chart: Chart;
  readonly linesOf: (row: Row | null) => LayoutEdge["lines"];
}

/** A box's rows from top to bottom, or a dot's line. */
function edgesOf(box: OutlineBox, options: EdgeOptions): LayoutEdge[] {
  const { at, arrangement, badges, linesOf, chart } = options;
  const source = box.state;
  if (box.kind === "initial") {
    const targets = chart.states.find(({ id }) => id === source)?.initial ?? [];
    return [{
      id: box.id,
      kind: "initial",
      source,
      targets,
      row: null,
      labels: [],
      lines: linesOf(null),
    }];
  }
  const topOf = (row: Row) => at.y + (arrangement.rowTops.get(row.id) ?? 0);
  const rows = (box.contents?.rows ?? []).toSorted((a, b) => topOf(a) - topOf(b));
  return rows.map((row): LayoutEdge => ({
    id: row.id,
    kind: row.kind,
    source,
    targets: row.targets,
    row: { x: at.x, y: topOf(row), w: at.w, h: row.h },
    labels: row.lines.map((line, index) =>
      labelOf(line, { x: at.x, y: topOf(row) + index * CODE.lineHeight, w: at.w, badges })
    ),
    lines: linesOf(row),
  }));
}

function labelOf(
  { transition, text }: Row["lines"][number],
  { x, y, w, badges }: ContentOptions & {
    readonly x: number;
    readonly y: number;
    readonly w: number;
  },
): LayoutLabel {
  const inner = w - 2 * PADDING_X;
  const badgeWidth = badges ? LABEL_BADGE_WIDTH : 0;
  const h = CODE.lineHeight;
  return {
    transition,
    text,
    ...{ x: x + PADDING_X, y, w: inner - badgeWidth, h },
    badge: badges ? { x: x + w - PADDING_X - badgeWidth, y, w: badgeWidth, h } : null,
  };
}
