/**
 * What is written in the box of a state, and how large that makes it: its name, its description, and a row for each
 * place that its transitions lead to.
 *
 * @module
 */

import { escapeUnprintable } from "../../domain/printable.ts";
import {
  changesSomething,
  type Chart,
  type ChartState,
  type ChartTransition,
  childrenOf,
} from "./chart.ts";
import { transitionText } from "./transition_text.ts";
import { CODE, fitted, PROSE, TITLE, widthOf, wrapped } from "./text_size.ts";

/** What is wanted in a drawing. */
export interface ContentOptions {
  /** Whether room is kept for counts and times. */
  readonly badges: boolean;
}

/** A row: the transitions of one state that lead to the same place. */
export interface Row {
  /** The id of its first transition. */
  readonly id: string;
  /** What becomes of the state. */
  readonly kind: "leads" | "reenters" | "stays";
  /** The ids of the states that it leads to. */
  readonly targets: readonly string[];
  /** One line for each transition. */
  readonly lines: readonly { readonly transition: string; readonly text: string }[];
  /** Its height, in px. */
  readonly h: number;
}

/** What is in a box. */
export interface BoxContents {
  /** Its name. */
  readonly title: string;
  /** What happens there, line by line. */
  readonly description: readonly string[];
  /** Its rows, in the order in which they are tried. */
  readonly rows: readonly Row[];
  /** Its width, in px. */
  readonly w: number;
  /** The height of all that is above its rows, in px. */
  readonly headerHeight: number;
  /** Its height, in px. */
  readonly h: number;
}

/** Between the border and what is inside, at the sides, in px; arrows of rows lie there. */
export const PADDING_X = 14;

/** Above the name and below the last row, in px. */
export const PADDING_Y = 7;

/** Between two rows, in px, so that their lines can be told from each other. */
export const ROW_GAP = 5;

/** The room of a count, such as `12.3k`, in px. */
export const LABEL_BADGE_WIDTH = 38;

/** The room of a time and a count beside a name, in px. */
export const TITLE_BADGE_WIDTH = 84;

/** Narrower boxes look lost, wider ones make a chart that no screen holds, in px. */
const WIDTH_MIN = 150;
const WIDTH_MAX = 340;

/** Narrower than this, a sentence is hard to read, in px. */
const PROSE_WIDTH_MIN = 200;

/** A description that is longer than this says too much for a drawing. */
const PROSE_LINES_MAX = 8;

/** The contents of a state's own box: rows, unless it has states inside, whose transitions stand in a box of their own. */
export function stateContents(
  chart: Chart,
  state: ChartState,
  options: ContentOptions,
): BoxContents {
  const holdsStates = childrenOf(chart, state.id).length > 0;
  return contentsOf(state.key, {
    ...options,
    description: state.description ?? "",
    rows: holdsStates ? [] : rowsOf(chart, state),
    proseWidthMin: holdsStates ? WIDTH_MAX : PROSE_WIDTH_MIN,
  });
}

/** The contents of the box with the transitions of a state with states inside; `null` when it has none to show. */
export function anyStateContents(
  chart: Chart,
  state: ChartState,
  options: ContentOptions,
): BoxContents | null {
  const rows = rowsOf(chart, state);
  if (rows.length === 0) return null;
  const title = state.parent === null ? "in any state" : `anywhere in ${state.key}`;
  return contentsOf(title, { ...options, description: "", rows, proseWidthMin: 0 });
}

function contentsOf(
  title: string,
  { description, rows, badges, proseWidthMin }: ContentOptions & {
    readonly description: string;
    readonly rows: readonly Row[];
    readonly proseWidthMin: number;
  },
): BoxContents {
  const texts = rows.flatMap(({ lines }) => lines.map(({ text }) => widthOf(text, CODE)));
  const titleBadge = badges ? TITLE_BADGE_WIDTH : 0;
  const rowBadge = badges ? LABEL_BADGE_WIDTH : 0;
  const name = escapeUnprintable(title);
  const prose = escapeUnprintable(description.replace(/\s+/g, " ").trim());
  const wanted = 2 * PADDING_X + Math.max(
    widthOf(name, TITLE) + titleBadge,
    ...texts.map((width) => width + rowBadge),
    Math.min(widthOf(prose, PROSE), proseWidthMin - 2 * PADDING_X),
  );
  const w = Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, wanted));
  const lines = shortened(wrapped(prose, PROSE, { widthMax: w - 2 * PADDING_X }));
  const headerHeight = PADDING_Y + TITLE.lineHeight + lines.length * PROSE.lineHeight +
    (rows.length > 0 ? ROW_GAP + 2 : 0);
  return {
    title: fitted(name, TITLE, { widthMax: w - 2 * PADDING_X - titleBadge }),
    description: lines,
    rows,
    w,
    headerHeight,
    h: headerHeight + rows.reduce((sum, { h }) => sum + h + ROW_GAP, 0) + PADDING_Y,
  };
}

/** The whole description is told where somebody points at the state. */
function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= PROSE_LINES_MAX) return lines;
  return [...lines.slice(0, PROSE_LINES_MAX - 1), "…"];
}

/** The rows of a state, by where they lead. What changes nothing at all, such as a late answer, is left out. */
function rowsOf(chart: Chart, state: ChartState): Row[] {
  const shown = chart.transitions.filter((each) =>
    each.source === state.id && changesSomething(each)
  );
  const byTarget = Map.groupBy(shown, ({ targets }) => JSON.stringify(targets));
  const rows = [...byTarget.values()].flatMap((transitions): Row[] => {
    const [first] = transitions;
    if (first === undefined) return [];
    return [{
      id: first.id,
      kind: kindOf(first),
      targets: first.targets,
      lines: transitions.map((each) => ({ transition: each.id, text: lineOf(each) })),
      h: transitions.length * CODE.lineHeight,
    }];
  });
  const leads = ({ kind }: Row) => kind === "leads";
  return [...rows.filter(leads), ...rows.filter((row) => !leads(row))];
}

function kindOf({ source, targets }: ChartTransition): Row["kind"] {
  if (targets.length === 0) return "stays";
  return targets.every((target) => target === source) ? "reenters" : "leads";
}

/** What is written for a transition; where it leads to no other state, what it does instead. */
function lineOf(transition: ChartTransition): string {
  const cause = transitionText(transition);
  const does = transition.targets.length === 0 ? ` / ${transition.actions.join(", ")}` : "";
  return fitted(escapeUnprintable(cause + does), CODE, {
    widthMax: WIDTH_MAX - 2 * PADDING_X - LABEL_BADGE_WIDTH,
  });
}
