/**
 * The boxes and lines of a drawing before they have a place: what is in what, how large it is, and what leads where.
 *
 * @module
 */

import {
  anyStateContents,
  type BoxContents,
  type ContentOptions,
  type Row,
  stateContents,
} from "./box_contents.ts";
import { type Chart, type ChartState, childrenOf } from "./chart.ts";
import type { LayoutNode } from "./chart_layout.ts";

/** A box without a place. */
export interface OutlineBox {
  /** Its id in the drawing. */
  readonly id: string;
  /** What it shows. */
  readonly kind: LayoutNode["kind"];
  /** The id of the state that it belongs to. */
  readonly state: string;
  /** What is written in it; `null` for a dot. */
  readonly contents: BoxContents | null;
  /** What is inside. */
  readonly children: readonly OutlineBox[];
}

/** A line without a place. */
export interface OutlineLine {
  /** The box that it starts from. */
  readonly from: string;
  /** The row that it starts from; `null` for the way into a first state. */
  readonly row: Row | null;
  /** The box that it leads to. */
  readonly to: string;
}

/** A whole drawing without places. */
export interface Outline {
  /** The boxes that lie in no other one. */
  readonly boxes: readonly OutlineBox[];
  /** All lines. */
  readonly lines: readonly OutlineLine[];
}

/** Outlines a chart. The machine itself has no box: its states fill the drawing. */
export function outlineOf(chart: Chart, options: ContentOptions): Outline {
  const root = chart.states.find(({ parent }) => parent === null);
  if (root === undefined) return { boxes: [], lines: [] };
  const holdsStates = childrenOf(chart, root.id).length > 0;
  const boxes = holdsStates ? inside(chart, root, options) : [boxOf(chart, root, options)];
  return { boxes, lines: withInner(boxes).flatMap((box) => linesOf(chart, box)) };
}

/** All boxes, each one before those inside it. */
export function withInner(boxes: readonly OutlineBox[]): OutlineBox[] {
  return boxes.flatMap((box) => [box, ...withInner(box.children)]);
}

function boxOf(chart: Chart, state: ChartState, options: ContentOptions): OutlineBox {
  return {
    id: state.id,
    kind: state.type,
    state: state.id,
    contents: stateContents(chart, state, options),
    children: inside(chart, state, options),
  };
}

/** What lies in a state: the dot that says where it begins, its states, and its own transitions. */
function inside(chart: Chart, state: ChartState, options: ContentOptions): OutlineBox[] {
  const children = childrenOf(chart, state.id);
  if (children.length === 0) return [];
  const own = { state: state.id, children: [] };
  const contents = anyStateContents(chart, state, options);
  return [
    ...state.type === "compound"
      ? [{ ...own, id: `${state.id}:initial`, kind: "initial" as const, contents: null }]
      : [],
    ...contents === null ? [] : [{ ...own, id: `${state.id}:any`, kind: "any" as const, contents }],
    ...children.map((child) => boxOf(chart, child, options)),
  ];
}

/** A line to the machine itself cannot be drawn, it has no border; its row says where it leads. */
function linesOf(chart: Chart, box: OutlineBox): OutlineLine[] {
  const to = (ids: readonly string[]) =>
    ids.filter((id) => chart.states.some((state) => state.id === id && state.parent !== null));
  if (box.kind === "initial") {
    const state = chart.states.find(({ id }) => id === box.state);
    return to(state?.initial ?? []).map((target) => ({ from: box.id, row: null, to: target }));
  }
  return (box.contents?.rows ?? []).filter(({ kind }) => kind === "leads").flatMap((row) =>
    to(row.targets).map((target) => ({ from: box.id, row, to: target }))
  );
}
