/**
 * How a chart looks: colours, fonts and lines, for light and dark screens. Colours are custom properties, so that a page
 * that holds the drawing can give it its own; the fonts are those that the reader has.
 *
 * @module
 */

import { CODE, PROSE, TITLE } from "./text_size.ts";

/** The name of the drawing's class; its style concerns nothing outside of it. */
export const CHART_CLASS = "tidemark-chart";

const LIGHT = {
  "chart-ground": "#ffffff",
  "chart-box": "#f6f7fa",
  "chart-border": "#b4bccb",
  "chart-text": "#1b2230",
  "chart-muted": "#586274",
  "chart-row": "#e8ecf4",
  "chart-line": "#5d6b86",
  "chart-active": "#1558d6",
  "chart-active-box": "#e3edff",
};

const DARK: typeof LIGHT = {
  "chart-ground": "#10141b",
  "chart-box": "#19202b",
  "chart-border": "#465169",
  "chart-text": "#e9edf5",
  "chart-muted": "#a5b0c4",
  "chart-row": "#252e3e",
  "chart-line": "#8e9bb6",
  "chart-active": "#7fb0ff",
  "chart-active-box": "#16305c",
};

/**
 * The style sheet of a chart.
 *
 * A page lights a state by the class `active` on its `.state`, and a transition by the class `taken` on its `.edge`.
 */
export function chartStyle(): string {
  const rules: [string, Record<string, string>][] = [
    ["", properties(LIGHT)],
    [".ground", { fill: "var(--chart-ground)" }],
    ["text", { fill: "var(--chart-text)" }],
    [".name", { font: `600 ${TITLE.fontSize}px system-ui, sans-serif` }],
    [".prose", { font: `${PROSE.fontSize}px system-ui, sans-serif`, fill: "var(--chart-muted)" }],
    [".label", { font: `${CODE.fontSize}px ui-monospace, Menlo, Consolas, monospace` }],
    [".stays .label, .reenters .label, .mark", { fill: "var(--chart-muted)" }],
    [".box", { fill: "var(--chart-box)", stroke: "var(--chart-border)", "stroke-width": "1.2px" }],
    [".holds > .box", { fill: "none" }],
    [".inner", { fill: "none", stroke: "var(--chart-border)", "stroke-width": "1.2px" }],
    [".any > .box", { fill: "none", "stroke-dasharray": "5 4" }],
    [".parallel > .box", { "stroke-dasharray": "9 4" }],
    [".dot", { fill: "var(--chart-line)" }],
    [".row", { fill: "var(--chart-row)" }],
    [".line, .loop", { fill: "none", stroke: "var(--chart-line)", "stroke-width": "1.3px" }],
    [".loop", { stroke: "var(--chart-muted)" }],
    [".tip", { fill: "var(--chart-line)" }],
    [".edge:hover .line", { stroke: "var(--chart-active)", "stroke-width": "2.4px" }],
    [".edge:hover .tip", { fill: "var(--chart-active)" }],
    [".active > .box", {
      fill: "var(--chart-active-box)",
      stroke: "var(--chart-active)",
      "stroke-width": "2.4px",
    }],
    [".taken .line", { stroke: "var(--chart-active)", "stroke-width": "2.4px" }],
    [".taken .tip", { fill: "var(--chart-active)" }],
  ];
  const scoped = (selector: string) =>
    selector.split(", ").map((each) => `.${CHART_CLASS} ${each}`.trimEnd()).join(", ");
  const sheet = rules.map(([selector, declarations]) =>
    `${scoped(selector)} { ${declared(declarations)} }`
  );
  const dark = `.${CHART_CLASS} { ${declared(properties(DARK))} }`;
  return [...sheet, `@media (prefers-color-scheme: dark) { ${dark} }`].join("\n");
}

function properties(colours: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(colours).map(([name, colour]) => [`--${name}`, colour]));
}

function declared(declarations: Record<string, string>): string {
  return Object.entries(declarations).map(([name, value]) => `${name}: ${value};`).join(" ");
}
