/**
 * The drawing of a chart in the page: made once for a definition, and then only what is lit and what the badges say is
 * changed.
 *
 * @module
 */

import type { Chart } from "../chart/chart.ts";
import type {
  ChartLayout,
  LayoutBox,
  LayoutEdge,
  LayoutNode,
  LayoutText,
} from "../chart/chart_layout.ts";
import { edgeWords, stateWords } from "../chart/spoken.ts";
import { escapeUnprintable } from "../../domain/printable.ts";
import { roundedPath, tipPath } from "../chart/svg_paths.ts";
import { CHART_CLASS } from "../chart/svg_style.ts";
import { CODE, PROSE, type TextStyle, TITLE } from "../chart/text_size.ts";
import type { ChartCounts } from "./chart_counts.ts";
import { draw, setAttribute, setText } from "./dom.ts";
import { durationText, shortCountText } from "./words.ts";

/** Smaller than this nobody reads what is in a box: its small texts are 11 px in life-size. */
const FAR_SCALE = 0.8;

/** Names are read where they are as large as this on the screen, in px: 11, and some for rounding. */
const READABLE_PX = 11.2;

/** The part of a box's width that a name takes. */
const NAME_PART = 0.96;

/** From far off names are as large as this on the screen, in px, where their boxes are wide enough. */
const FAR_PX = 13;

/** Shorter names are as large as those of so many letters, so that none shouts. */
const MIN_LETTERS = 9;

/** Longer names are written in two lines where they can be. */
const LINE_LETTERS = 11;

/** How wide a bold letter is, as a part of the size of the font; a wide font counts. */
const LETTER_WIDTH = 0.64;

/** What a state shows from far off. */
interface Sign {
  readonly state: string;
  readonly name: SVGTextElement;
  readonly time: SVGTextElement;
  readonly box: LayoutBox;
  readonly holds: boolean;
  /** How much room there is above the states inside, in its own px. */
  readonly head: number;
}

/** A drawing. */
export class ChartDrawing {
  /** The drawing itself. */
  readonly element: SVGSVGElement;
  /** Its layout. */
  readonly layout: ChartLayout;
  readonly #states = new Map<string, SVGGElement>();
  readonly #stateBadges = new Map<string, SVGTextElement>();
  readonly #edges: { readonly element: SVGGElement; readonly ids: readonly string[] }[] = [];
  readonly #signs: Sign[] = [];
  readonly #counts = new Map<string, SVGTextElement>();
  #active = new Set<string>();
  #taken = "";

  /** Draws a chart. */
  constructor(chart: Chart, layout: ChartLayout) {
    this.layout = layout;
    const { width, height, machine } = layout;
    this.element = draw("svg", {
      class: CHART_CLASS,
      attributes: {
        role: "graphics-document",
        "aria-label": `Chart of ${machine}`,
        viewBox: `0 0 ${width} ${height}`,
        "data-hash": layout.hash,
      },
      children: [
        ...layout.nodes.map((node) => this.#node(chart, node)),
        ...layout.edges.map((edge) => this.#edge(chart, edge)),
      ],
    });
  }

  /** The innermost state that is lit; `null` for none. */
  get focus(): LayoutBox | null {
    return this.layout.nodes.findLast(({ state, kind }) =>
      kind !== "initial" && kind !== "any" && this.#active.has(state)
    ) ?? null;
  }

  /** How small it can be for its names to be read; 1, life-size, where all its texts have to be. */
  get readableScale(): number {
    const scales = this.#signs.map(({ name, box }) =>
      READABLE_PX * lettersOf(name) * LETTER_WIDTH / (box.w * NAME_PART)
    );
    const scale = Math.max(0, ...scales);
    return scale < FAR_SCALE ? scale : 1;
  }

  /**
   * Shows it as large as this, 1 for life-size. From far off, where nobody can read what is in a box, every state shows
   * its name and its time as large as they can be.
   */
  scale(scale: number): void {
    const isFar = scale < FAR_SCALE;
    this.element.classList.toggle("far", isFar);
    if (!isFar) return;
    for (const sign of this.#signs) placeSign(sign, scale);
  }

  /** Lights states, and the transitions of the last step. */
  light(active: readonly string[], edges: readonly string[]): void {
    const wanted = new Set(active);
    for (const id of this.#active) {
      if (!wanted.has(id)) this.#states.get(id)?.classList.remove("active");
    }
    for (const id of wanted) this.#states.get(id)?.classList.add("active");
    this.#active = wanted;
    const taken = edges.join(" ");
    if (taken === this.#taken) return;
    this.#taken = taken;
    for (const { element, ids } of this.#edges) {
      element.classList.toggle("taken", ids.some((id) => edges.includes(id)));
    }
  }

  /** Writes how often and how long. */
  count(counts: ChartCounts): void {
    for (const [id, badge] of this.#counts) {
      const count = counts.takenOf(id);
      setText(badge, count === 0 ? "" : shortCountText(count));
    }
    for (const [id, badge] of this.#stateBadges) {
      const dwell = counts.dwells.get(id);
      const words = dwell === undefined ? "" : `ø ${durationText(dwell.totalMs / dwell.count)}`;
      const sign = this.#signs.find((each) => each.state === id);
      if (sign !== undefined) setText(sign.time, words);
      setText(badge, words);
      setAttribute(
        badge,
        "data-title",
        dwell === undefined
          ? null
          : `left ${dwell.count} times, ${durationText(dwell.totalMs)} in all, at most ${
            durationText(dwell.maxMs)
          }`,
      );
    }
  }

  #node(chart: Chart, node: LayoutNode): Element {
    const { kind, title, description, badge } = node;
    if (kind === "initial") {
      const r = node.w / 2;
      const attributes = { cx: `${node.x + r}`, cy: `${node.y + r}`, r: `${r - 1}` };
      return draw("circle", { class: "dot", attributes });
    }
    const holds = chart.states.some(({ parent }) => parent === node.state);
    const state = chart.states.find(({ id }) => id === node.state);
    const names = [kind === "any" ? "any" : "state", kind, holds && kind !== "any" ? "holds" : ""];
    const element = draw("g", {
      class: names.join(" "),
      attributes: { "data-state": node.state, role: "graphics-symbol" },
      children: [
        ...state === undefined || kind === "any" ? [] : [spoken(stateWords(state))],
        rectangle("box", node, 7),
        ...kind === "final"
          ? [rectangle("inner", { x: node.x + 3, y: node.y + 3, w: node.w - 6, h: node.h - 6 }, 5)]
          : [],
        ...title === null ? [] : [textAt(title, "name", TITLE)],
        ...description.map((line) => textAt(line, "prose", PROSE)),
      ],
    });
    if (kind === "any") return element;
    this.#states.set(node.state, element);
    element.append(...this.#sign(node, { title: state?.key ?? node.state, holds }));
    if (badge !== null && !holds) {
      const text = badgeAt(badge);
      this.#stateBadges.set(node.state, text);
      element.append(text);
    }
    return element;
  }

  #sign(
    node: LayoutNode,
    { title, holds }: { readonly title: string; readonly holds: boolean },
  ): Element[] {
    const attributes = { x: `${holds ? node.x + 14 : node.x + node.w / 2}` };
    const anchor = { "text-anchor": holds ? "start" : "middle" };
    const name = draw("text", {
      class: "far-name",
      attributes: { ...attributes, ...anchor },
      children: piecesOf(escapeUnprintable(title), { holds }).map((text) =>
        draw("tspan", { text, attributes })
      ),
    });
    const time = draw("text", { class: "far-time", attributes: { ...attributes, ...anchor } });
    const inner = this.layout.nodes.filter(({ parent }) => parent === node.id);
    const head = Math.min(node.h, ...inner.map(({ y }) => y - node.y));
    this.#signs.push({ state: node.state, name, time, box: node, holds, head });
    return [name, time];
  }

  #edge(chart: Chart, edge: LayoutEdge): Element {
    const { row, kind } = edge;
    const labels = edge.labels.flatMap((label) => {
      const text = textAt(label, "label", CODE);
      if (label.badge === null) return [text];
      const badge = badgeAt(label.badge);
      this.#counts.set(label.transition, badge);
      return [text, badge];
    });
    const element = draw("g", {
      class: `edge ${kind}`,
      attributes: { "data-edge": edge.id, role: "graphics-symbol" },
      children: [
        spoken(edgeWords(chart, edge)),
        ...row === null || kind !== "leads"
          ? []
          : [rectangle("row", { x: row.x + 6, y: row.y, w: row.w - 12, h: row.h }, 4)],
        ...labels,
        ...edge.lines.flatMap((corners) => [
          draw("path", { class: "line", attributes: { d: roundedPath(corners) } }),
          draw("path", { class: "tip", attributes: { d: tipPath(corners) } }),
        ]),
      ],
    });
    this.#edges.push({ element, ids: edge.labels.map(({ transition }) => transition) });
    return element;
  }
}

/** Puts what a state shows from far off into the middle of its box, that of a state with states inside above them. */
function placeSign({ name, time, box, holds, head }: Sign, scale: number): void {
  const pieces = [...name.children];
  const length = lettersOf(name);
  const high = holds ? head * 0.8 : box.h;
  const size = Math.min(FAR_PX / scale, high, box.w * NAME_PART / (length * LETTER_WIDTH));
  const hasRoom = box.h > size * (pieces.length + 1.3);
  const lineCount = holds || !hasRoom ? pieces.length : pieces.length + 0.9;
  const top = holds ? box.y + size * 0.2 : box.y + (box.h - lineCount * size * 1.1) / 2;
  name.setAttribute("font-size", size.toFixed(1));
  pieces.forEach((piece, index) => {
    piece.setAttribute("y", (top + size * (0.92 + index * 1.1)).toFixed(1));
  });
  time.setAttribute("font-size", (size * 0.86).toFixed(1));
  time.setAttribute("y", (top + size * (0.88 + pieces.length * 1.1)).toFixed(1));
  time.classList.toggle("no-room", holds || !hasRoom);
}

/** How many letters a line of a name has room for. */
function lettersOf(name: SVGTextElement): number {
  const lengths = [...name.children].map(({ textContent }) => textContent.length);
  return Math.max(MIN_LETTERS, ...lengths);
}

/** A long name in two lines, where a new word begins in it. */
function piecesOf(name: string, { holds }: { readonly holds: boolean }): string[] {
  if (holds || name.length <= LINE_LETTERS) return [name];
  const [, first, second] = /^(.+[^A-Z_])([A-Z_].*)$/s.exec(name) ?? [];
  return first === undefined || second === undefined ? [name] : [first, second];
}

function spoken(lines: readonly string[]): SVGTitleElement {
  return draw("title", { text: lines.join("\n") });
}

function rectangle(name: string, { x, y, w, h }: LayoutBox, r: number): SVGRectElement {
  const attributes = { x: `${x}`, y: `${y}`, width: `${w}`, height: `${h}`, rx: `${r}` };
  return draw("rect", { class: name, attributes });
}

function textAt({ x, y, h, text }: LayoutText, name: string, style: TextStyle): SVGTextElement {
  const attributes = { x: `${x}`, y: `${baseline(y, h, style.fontSize)}` };
  return draw("text", { class: name, text, attributes });
}

function badgeAt({ x, y, w, h }: LayoutBox): SVGTextElement {
  const attributes = { x: `${x + w}`, y: `${baseline(y, h, 11)}`, "text-anchor": "end" };
  return draw("text", { class: "badge", attributes });
}

/** Letters stand on a line a third of their size below the middle. */
function baseline(y: number, h: number, fontSize: number): number {
  return Math.round((y + h / 2 + fontSize * 0.35) * 10) / 10;
}
