/**
 * A chart with a place for everything: what a page needs to draw a machine, light what is active, and put counts and
 * times on states and transitions, without laying anything out itself. It is plain JSON.
 *
 * A state is a box. The transitions that leave it are written inside it, in rows, one row for all that lead to the same
 * place, and the row's line starts beside it: so no label ever lies on a line or on another label, and it is plain to
 * whom each belongs.
 *
 * @module
 */

import type { ChartStateType } from "./chart.ts";

/** A place in the drawing, in px from its top left corner. */
export interface LayoutPoint {
  /** To the right. */
  readonly x: number;
  /** Down. */
  readonly y: number;
}

/** A rectangle, in px. */
export interface LayoutBox extends LayoutPoint {
  /** Its width. */
  readonly w: number;
  /** Its height. */
  readonly h: number;
}

/** A line of text. */
export interface LayoutText extends LayoutBox {
  /** What is written there, from the left of the box, centred between its top and bottom. */
  readonly text: string;
}

/** One box of the drawing. */
export interface LayoutNode extends LayoutBox {
  /** Unique in the drawing: the state's id, and for what is no state of its own that id with `:initial` or `:any`. */
  readonly id: string;
  /**
   * What it shows: a state by its type, `initial` (the dot from which the first state is entered), or `any`: the
   * transitions of a state with states inside, which can be taken from any of them. Those without a box around
   * them are the machine's own.
   */
  readonly kind: ChartStateType | "initial" | "any";
  /** The id of the state that it belongs to; for a state its own. */
  readonly state: string;
  /** The id of the node that it lies in; `null` for none. */
  readonly parent: string | null;
  /** Its name; `null` for an initial dot. */
  readonly title: LayoutText | null;
  /** What happens there, line by line. */
  readonly description: readonly LayoutText[];
  /** Kept free beside the title, for a count or a time; `null` where none was wanted. */
  readonly badge: LayoutBox | null;
}

/** One transition as it is written in its row. */
export interface LayoutLabel extends LayoutText {
  /** The transition's id. */
  readonly transition: string;
  /** Kept free behind the text, for a count; `null` where none was wanted. */
  readonly badge: LayoutBox | null;
}

/** All transitions of one state that lead to the same place: a row in the state's box, and its line. */
export interface LayoutEdge {
  /** Unique in the drawing: that of its first transition; for the way into a first state, the dot's. */
  readonly id: string;
  /** `leads` has lines; `reenters` comes back to its own state, `stays` leaves no state: these two are rows only. */
  readonly kind: "leads" | "reenters" | "stays" | "initial";
  /** The id of the state that it starts from. */
  readonly source: string;
  /** The ids of the states that it leads to. */
  readonly targets: readonly string[];
  /** The row. */
  readonly row: LayoutBox | null;
  /** Its labels, from top to bottom; none for the way into a first state. */
  readonly labels: readonly LayoutLabel[];
  /** Its lines, one for each target: corners from the row to the target's border, each at least two. */
  readonly lines: readonly (readonly LayoutPoint[])[];
}

/** The drawing of one chart. */
export interface ChartLayout {
  /** The hash of the chart that it draws. */
  readonly hash: string;
  /** The machine's id. */
  readonly machine: string;
  /** What the machine is for; `null` where nobody said. */
  readonly description: string | null;
  /** The drawing's width, in px. */
  readonly width: number;
  /** The drawing's height, in px. */
  readonly height: number;
  /** Its boxes, each one before those inside it. */
  readonly nodes: readonly LayoutNode[];
  /** Its lines and labels. */
  readonly edges: readonly LayoutEdge[];
}
