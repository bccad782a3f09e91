/**
 * A layout for a chart that no service has laid out, such as one of a file from elsewhere: boxes side by side in the order
 * of the definition, and each row says in words where it leads, because no lines are drawn.
 *
 * @module
 */

import { PADDING_X, PADDING_Y, ROW_GAP } from "../chart/box_contents.ts";
import { type Chart, rootOf } from "../chart/chart.ts";
import type { ChartLayout, LayoutEdge, LayoutLabel, LayoutNode } from "../chart/chart_layout.ts";
import { type OutlineBox, outlineOf } from "../chart/outline.ts";
import { CODE, PROSE, TITLE, widthOf } from "../chart/text_size.ts";

/** Boxes are put into the next line beyond this, in px. */
const WIDTH_MAX = 1_250;

/** Between boxes, in px. */
const GAP = 22;

/** Kept free for counts and times, as in other layouts, in px. */
const TITLE_BADGE = 84;
const LABEL_BADGE = 38;

interface Sink {
  readonly chart: Chart;
  readonly nodes: LayoutNode[];
  readonly edges: LayoutEdge[];
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly parent: string | null;
}

/** Lays a chart out without lines. */
export function plainLayoutOf(chart: Chart, hash: string): ChartLayout {
  const sink: Sink = { chart, nodes: [], edges: [] };
  const { boxes } = outlineOf(chart, { badges: true });
  const size = placeAll(sink, boxes, { x: GAP, y: GAP, parent: null });
  return {
    hash,
    machine: chart.machine,
    description: rootOf(chart)?.description ?? null,
    width: size.w + 2 * GAP,
    height: size.h + 2 * GAP,
    nodes: sink.nodes,
    edges: sink.edges,
  };
}

/** @returns The room that they take. */
function placeAll(sink: Sink, boxes: readonly OutlineBox[], at: Place): { w: number; h: number } {
  let [x, y, lineHeight, w] = [0, 0, 0, 0];
  for (const box of boxes) {
    if (box.contents === null) continue;
    const width = sizeOf(sink.chart, box).w;
    if (x > 0 && x + width > WIDTH_MAX) [x, y, lineHeight] = [0, y + lineHeight + GAP, 0];
    const size = placeBox(sink, box, { x: at.x + x, y: at.y + y, parent: at.parent });
    x += size.w + GAP;
    w = Math.max(w, x - GAP);
    lineHeight = Math.max(lineHeight, size.h);
  }
  return { w, h: y + lineHeight };
}

function placeBox(sink: Sink, box: OutlineBox, at: Place): { w: number; h: number } {
  const { contents, children } = box;
  if (contents === null) return { w: 0, h: 0 };
  const own = sizeOf(sink.chart, box);
  const index = sink.nodes.length;
  const inner = children.length === 0 ? { w: 0, h: 0 } : placeAll(sink, children, {
    x: at.x + GAP,
    y: at.y + contents.headerHeight + PADDING_Y,
    parent: box.id,
  });
  const w = Math.max(own.w, inner.w === 0 ? 0 : inner.w + 2 * GAP);
  const h = Math.max(own.h, contents.headerHeight + PADDING_Y + inner.h + (inner.h > 0 ? GAP : 0));
  const left = at.x + PADDING_X;
  const line = { x: left, w: w - 2 * PADDING_X };
  sink.nodes.splice(index, 0, {
    id: box.id,
    kind: box.kind,
    state: box.state,
    parent: at.parent,
    ...{ x: at.x, y: at.y, w, h },
    title: { ...line, y: at.y + PADDING_Y, h: TITLE.lineHeight, text: contents.title },
    description: contents.description.map((text, row) => ({
      ...line,
      y: at.y + PADDING_Y + TITLE.lineHeight + row * PROSE.lineHeight,
      h: PROSE.lineHeight,
      text,
    })),
    badge: {
      x: left + line.w - TITLE_BADGE,
      y: at.y + PADDING_Y,
      w: TITLE_BADGE,
      h: TITLE.lineHeight,
    },
  });
  let y = at.y + contents.headerHeight;
  for (const row of contents.rows) {
    const labels = row.lines.map((each, place): LayoutLabel => {
      const top = y + place * CODE.lineHeight;
      const h = CODE.lineHeight;
      return {
        transition: each.transition,
        text: withTarget(sink.chart, { text: each.text, targets: row.targets, kind: row.kind }),
        ...{ x: left, y: top, w: line.w - LABEL_BADGE, h },
        badge: { x: left + line.w - LABEL_BADGE, y: top, w: LABEL_BADGE, h },
      };
    });
    sink.edges.push({
      id: row.id,
      kind: row.kind,
      source: box.state,
      targets: row.targets,
      row: { x: at.x, y, w, h: row.h },
      labels,
      lines: [],
    });
    y += row.h + ROW_GAP;
  }
  return { w, h };
}

function sizeOf(chart: Chart, { contents }: OutlineBox): { w: number; h: number } {
  if (contents === null) return { w: 0, h: 0 };
  const widths = contents.rows.flatMap(({ lines, targets, kind }) =>
    lines.map(({ text }) => widthOf(withTarget(chart, { text, targets, kind }), CODE))
  );
  const w = Math.max(contents.w, ...widths.map((each) => each + LABEL_BADGE + 2 * PADDING_X));
  return { w, h: contents.h };
}

function withTarget(
  chart: Chart,
  { text, targets, kind }: {
    readonly text: string;
    readonly targets: readonly string[];
    readonly kind: LayoutEdge["kind"];
  },
): string {
  if (kind !== "leads") return text;
  const names = targets.map((id) => chart.states.find((state) => state.id === id)?.key ?? id);
  return `${text} → ${names.join(", ")}`;
}
