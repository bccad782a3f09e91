/**
 * Draws a laid-out chart as SVG: one text that stands alone, in a file or inside a page, without script, fonts or
 * anything else to load.
 *
 * @module
 */

import { escapeUnprintable } from "../../domain/printable.ts";
import { type Chart, childrenOf } from "./chart.ts";
import type { ChartLayout, LayoutBox, LayoutEdge, LayoutNode, LayoutText } from "./chart_layout.ts";
import { edgeWords, stateWords } from "./spoken.ts";
import { CHART_CLASS, chartStyle } from "./svg_style.ts";
import { roundedPath, tipPath } from "./svg_paths.ts";
import { CODE, fitted, PROSE, type TextStyle, TITLE, widthOf } from "./text_size.ts";
import { escapeXml } from "./xml.ts";

/** The room above the drawing, for the machine's name and what it is for, in px. */
const HEADING_HEIGHT = 52;

/** A drawing that is less wide than this grows for the sentence above it, in px. */
const HEADING_WIDTH_MIN = 480;

/** How a text looks: the name of its class, and its size. */
interface TextLook {
  readonly style: TextStyle;
  readonly name: string;
}

/** Around the drawing, in px; ELK keeps 12 already. */
const MARGIN = 8;

/**
 * Draws a chart.
 *
 * Each state is a `g.state` with `id="state-…"` and `data-state`, each row with its lines a `g.edge` with `data-edge`,
 * `data-source` and `data-targets`, and each label has `data-transition`: a page lights a state by the class `active`, a
 * row by the class `taken`. Every one has a title in words, which browsers show and screen readers read.
 *
 * @param layout Of that same chart.
 * @returns The text of an SVG file. Whatever the names in the machine are, it holds no markup but its own.
 */
export function svgOf(chart: Chart, layout: ChartLayout): string {
  const headings = heading(layout);
  const width = Math.ceil(
    Math.max(layout.width, ...headings.map(({ x, w }) => x + w)) + 2 * MARGIN,
  );
  const height = Math.ceil(layout.height + HEADING_HEIGHT + MARGIN);
  const box = `${-MARGIN} ${-HEADING_HEIGHT} ${width} ${height}`;
  const { machine, description } = layout;
  const name = description === null ? machine : `${machine}: ${description}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${CHART_CLASS}" width="${width}" height="${height}" viewBox="${box}" role="graphics-document" aria-label="${
      escapeXml(name)
    }" data-hash="${layout.hash}">`,
    titleOf([name]),
    `<style>${chartStyle()}</style>`,
    `<rect class="ground" x="${-MARGIN}" y="${-HEADING_HEIGHT}" width="${width}" height="${height}"/>`,
    ...headings.map((line) => textAt(line, line)),
    ...layout.nodes.map((node) => nodeText(chart, node)),
    ...layout.edges.map((edge) => edgeText(chart, edge)),
    `</svg>\n`,
  ].join("\n");
}

/** The machine's name and what it is for. */
function heading({ machine, description, width }: ChartLayout): (LayoutText & TextLook)[] {
  const widthMax = Math.max(width, HEADING_WIDTH_MIN);
  const lines = [
    { text: machine, y: 12 - HEADING_HEIGHT, style: TITLE, name: "name" },
    { text: description ?? "", y: 32 - HEADING_HEIGHT, style: PROSE, name: "prose" },
  ];
  return lines.filter(({ text }) => text !== "").map(({ text, y, style, name }) => {
    const shown = fitted(escapeUnprintable(text), style, { widthMax });
    const box = { x: 12, y, w: widthOf(shown, style), h: style.lineHeight };
    return { ...box, text: shown, style, name };
  });
}

function nodeText(chart: Chart, node: LayoutNode): string {
  const { kind, title, description } = node;
  if (kind === "initial") {
    const r = node.w / 2;
    return `<circle class="dot" cx="${node.x + r}" cy="${node.y + r}" r="${r - 1}"/>`;
  }
  const state = chart.states.find(({ id }) => id === node.state);
  const names = [kind === "any" ? "any" : "state", kind];
  if (childrenOf(chart, node.state).length > 0 && kind !== "any") names.push("holds");
  const id = kind === "any" ? "" : ` id="state-${escapeXml(node.state)}"`;
  return [
    `<g class="${[...new Set(names)].join(" ")}"${id} data-state="${
      escapeXml(node.state)
    }" role="graphics-symbol">`,
    ...state === undefined || kind === "any" ? [] : [titleOf(stateWords(state))],
    rectangle("box", node, { r: 7 }),
    ...kind === "final"
      ? [
        rectangle("inner", { x: node.x + 3, y: node.y + 3, w: node.w - 6, h: node.h - 6 }, {
          r: 5,
        }),
      ]
      : [],
    ...title === null ? [] : [textAt(title, { name: "name", style: TITLE })],
    ...description.map((line) => textAt(line, { name: "prose", style: PROSE })),
    `</g>`,
  ].join("\n");
}

/** The row is part of the line's group: both light up together. */
function edgeText(chart: Chart, edge: LayoutEdge): string {
  const { row, kind } = edge;
  const data = [
    `data-edge="${escapeXml(edge.id)}"`,
    `data-source="${escapeXml(edge.source)}"`,
    `data-targets="${escapeXml(edge.targets.join(" "))}"`,
  ].join(" ");
  const labels = edge.labels.map((label) =>
    textAt(label, {
      name: "label",
      style: CODE,
      data: ` data-transition="${escapeXml(label.transition)}"`,
    })
  );
  return [
    `<g class="edge ${kind}" ${data} role="graphics-symbol">`,
    titleOf(edgeWords(chart, edge)),
    ...row === null || kind !== "leads"
      ? []
      : [rectangle("row", { x: row.x + 6, y: row.y, w: row.w - 12, h: row.h }, { r: 4 })],
    ...row !== null && kind === "reenters" ? [loopBeside(row)] : [],
    ...labels,
    ...edge.lines.flatMap((corners) => [
      `<path class="line" d="${roundedPath(corners)}"/>`,
      `<path class="tip" d="${tipPath(corners)}"/>`,
    ]),
    `</g>`,
  ].join("\n");
}

/** What browsers show beside the pointer, and screen readers read. */
function titleOf(lines: readonly string[]): string {
  return `<title>${lines.map(escapeXml).join("\n")}</title>`;
}

/** A small round arrow: the state is left and entered again. */
function loopBeside({ x, y }: LayoutBox): string {
  const cx = x + 7.5;
  const cy = y + CODE.lineHeight / 2;
  return `<path class="loop" d="M${cx + 2.6} ${cy - 1.6}a3.2 3.2 0 1 0 .4 2.4m.2-4.6v2.4h-2.4"/>`;
}

function rectangle(name: string, { x, y, w, h }: LayoutBox, { r }: { readonly r: number }): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}"/>`;
}

/** Letters stand on a line a third of their size below the middle. */
function textAt(
  { x, y, h, text }: LayoutText,
  { name, style, data = "" }: TextLook & { readonly data?: string },
): string {
  const baseline = Math.round((y + h / 2 + style.fontSize * 0.35) * 10) / 10;
  return `<text class="${name}" x="${x}" y="${baseline}"${data}>${escapeXml(text)}</text>`;
}
