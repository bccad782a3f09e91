/**
 * An outline in the words of ELK, the layout library, and its answer read back. Ids of its own, because those of a
 * machine can be anything; all coordinates from the drawing's corner.
 *
 * @module
 */

import type { ElkExtendedEdge, ElkNode, ElkPoint } from "elkjs/lib/elk.bundled.js";
import type { LayoutBox, LayoutPoint } from "./chart_layout.ts";
import { straightened } from "./corners.ts";
import { type Outline, type OutlineBox, withInner } from "./outline.ts";
import { PADDING_Y } from "./box_contents.ts";
import { TITLE } from "./text_size.ts";

/** Where a line touches a box. */
export type Side = "EAST" | "WEST";

/** Where lines are to touch the boxes without states inside. */
export interface Docks {
  /** For each row that has a line, by its id: the side it leaves from, and how far below the box's top. */
  readonly rows: ReadonlyMap<string, { readonly side: Side; readonly y: number }>;
  /** For each line, by its place in the outline: the side it arrives at. */
  readonly ends: readonly Side[];
}

/** What ELK answered. */
export interface Placed {
  /** The drawing's width, in px. */
  readonly width: number;
  /** The drawing's height, in px. */
  readonly height: number;
  /** Boxes by id. */
  readonly boxes: ReadonlyMap<string, LayoutBox>;
  /** The corners of each line, in the outline's order. */
  readonly lines: readonly (readonly LayoutPoint[])[];
}

/** The size of the dot that says where something begins, in px. */
const DOT = 12;

/** Below the top of a box, where lines arrive: the middle of its name, in px. */
const NAME_Y = PADDING_Y + TITLE.lineHeight / 2;

/**
 * States go from left to right in the order of the definition, so that a chart reads as the file does and a small change
 * of the definition changes the drawing little.
 */
const OPTIONS: Record<string, string> = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.cycleBreaking.strategy": "MODEL_ORDER",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
  "elk.layered.thoroughness": "20",
  "elk.randomSeed": "1",
  "elk.spacing.nodeNode": "26",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "10",
  "elk.layered.spacing.nodeNodeBetweenLayers": "40",
  "elk.layered.spacing.edgeNodeBetweenLayers": "16",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "10",
  "elk.json.shapeCoords": "ROOT",
  "elk.json.edgeCoords": "ROOT",
};

/**
 * Says an outline in ELK's words.
 *
 * @param docks Where lines touch boxes; left out, ELK chooses.
 */
export function elkGraph(outline: Outline, docks?: Docks): ElkNode {
  const ids = numbered(outline);
  const arriving = new Map<string, Set<Side>>();
  outline.lines.forEach(({ to }, index) => {
    const side = docks?.ends[index];
    if (side !== undefined) arriving.set(to, (arriving.get(to) ?? new Set()).add(side));
  });
  const nodeOf = (box: OutlineBox): ElkNode => {
    const id = ids.get(box.id) ?? "";
    if (box.contents === null) return { id, width: DOT, height: DOT };
    const { w, h, headerHeight, rows } = box.contents;
    if (box.children.length > 0) {
      return {
        id,
        children: box.children.map(nodeOf),
        layoutOptions: {
          "elk.padding": `[top=${headerHeight + 14},left=16,bottom=16,right=16]`,
          "elk.nodeSize.constraints": "MINIMUM_SIZE",
          "elk.nodeSize.minimum": `(${w},${h})`,
        },
      };
    }
    if (docks === undefined) return { id, width: w, height: h };
    const port = (name: string, side: Side, y: number) => ({
      id: `${id}${name}`,
      ...{ width: 0, height: 0, x: side === "EAST" ? w : 0, y },
      layoutOptions: { "elk.port.side": side },
    });
    return {
      ...{ id, width: w, height: h },
      layoutOptions: { "elk.portConstraints": "FIXED_POS" },
      ports: [
        ...rows.flatMap((row, index) => {
          const dock = docks.rows.get(row.id);
          return dock === undefined ? [] : [port(`r${index}`, dock.side, dock.y)];
        }),
        ...[...arriving.get(box.id) ?? []].map((side) => port(side, side, NAME_Y)),
      ],
    };
  };
  const boxes = new Map(withInner(outline.boxes).map((box) => [box.id, box]));
  const holdsBoxes = (id: string) => (boxes.get(id)?.children.length ?? 0) > 0;
  return {
    id: "drawing",
    layoutOptions: OPTIONS,
    children: outline.boxes.map(nodeOf),
    edges: outline.lines.map(({ from, row, to }, index): ElkExtendedEdge => {
      const rows = boxes.get(from)?.contents?.rows ?? [];
      const start = docks === undefined || row === null ? "" : `r${rows.indexOf(row)}`;
      const end = docks === undefined || holdsBoxes(to) ? "" : docks.ends[index] ?? "";
      return {
        id: `l${index}`,
        sources: [`${ids.get(from)}${start}`],
        targets: [`${ids.get(to)}${end}`],
      };
    }),
  };
}

/** Reads ELK's answer. */
export function readPlaced(outline: Outline, answer: ElkNode): Placed {
  const nodes = new Map(withChildren(answer).map((node) => [node.id, node]));
  const edges = new Map((answer.edges ?? []).map((edge) => [edge.id, edge]));
  const boxes = [...numbered(outline)].map(([id, number]): [string, LayoutBox] => {
    const { x = 0, y = 0, width = 0, height = 0 } = nodes.get(number) ?? {};
    return [id, { x: rounded(x), y: rounded(y), w: rounded(width), h: rounded(height) }];
  });
  return {
    width: Math.ceil(answer.width ?? 0),
    height: Math.ceil(answer.height ?? 0),
    boxes: new Map(boxes),
    lines: outline.lines.map((_, index) => straightened(cornersOf(edges.get(`l${index}`)))),
  };
}

function cornersOf(edge: ElkExtendedEdge | undefined): LayoutPoint[] {
  return (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) =>
    [startPoint, ...bendPoints, endPoint].map(({ x, y }: ElkPoint) => ({
      x: rounded(x),
      y: rounded(y),
    }))
  );
}

/** A tenth of a px is finer than any screen. */
function rounded(px: number): number {
  return Math.round(px * 10) / 10;
}

/** ELK's ids for the boxes. */
function numbered(outline: Outline): Map<string, string> {
  return new Map(withInner(outline.boxes).map(({ id }, index) => [id, `b${index}`]));
}

function withChildren(node: ElkNode): ElkNode[] {
  return [node, ...(node.children ?? []).flatMap(withChildren)];
}
