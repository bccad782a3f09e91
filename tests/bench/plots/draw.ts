/**
 * From rows to a picture: SVG that is readable on light and dark pages, and without colour.
 *
 * @module
 */

import type { Row } from "../scenario.ts";
import { picture } from "./picture.ts";
import type { Axis, Plot } from "./plot.ts";

/** In pixels, without axes. */
const WIDTH = 560;
const HEIGHT = 280;

/** More would run into each other. */
const TICKS_MAX = 6;

/** What a light page shows, and what stands for it on a dark one. */
const INKS = [
  { name: "text", light: "#1f2328", dark: "#d1d7e0" },
  { name: "lines", light: "#d1d9e0", dark: "#3d444d" },
] as const;

const [TEXT, LINES] = INKS;

/** Of lines, told apart on light and dark alike, also by people who see few colours; points differ in their form too. */
const COLOURS = ["#0f7bdc", "#d4690c", "#8f6fe0", "#1f9d63"];
const SHAPES = ["circle", "square", "triangle-up", "diamond"];
const DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2]];

/** A point of a line. */
interface Point {
  readonly x: number;
  readonly y: number;
  readonly series: string;
}

/**
 * Draws.
 *
 * @param facts What stands below the title: when and where it was measured.
 * @returns The text of an SVG file, or `null` when no row can be drawn.
 */
export async function drawPlot(
  plot: Plot,
  { rows, facts }: { readonly rows: readonly Row[]; readonly facts: string },
): Promise<string | null> {
  const points = pointsOf(plot, rows);
  if (points.length === 0) return null;
  return withDarkInks(await picture(specOf(plot, { points, facts })));
}

function pointsOf({ x, y, series }: Plot, rows: readonly Row[]): Point[] {
  return rows.flatMap((row) => {
    const place = { x: Number(row[x.column]), y: Number(row[y.column]) };
    const isDrawn = (axis: Axis, value: number) =>
      Number.isFinite(value) && (axis.isLog !== true || value > 0);
    const name = series.map(({ column, before = "" }) => `${before}${row[column]}`).join(", ");
    return isDrawn(x, place.x) && isDrawn(y, place.y) ? [{ ...place, series: name }] : [];
  });
}

/** A description of the picture: https://vega.github.io/vega-lite/docs/spec.html. */
function specOf(
  plot: Plot,
  { points, facts }: { readonly points: readonly Point[]; readonly facts: string },
): unknown {
  const names = [...new Set(points.map(({ series }) => series))];
  const telling = { field: "series", type: "nominal", title: null } as const;
  return {
    width: WIDTH,
    height: HEIGHT,
    padding: 12,
    background: "transparent",
    title: { text: plot.title, subtitle: facts, anchor: "start", offset: 14 },
    data: { values: [...points] },
    mark: { type: "line", point: { size: 55, filled: true }, strokeWidth: 2 },
    encoding: {
      x: channelOf("x", { axis: plot.x, points }),
      y: channelOf("y", { axis: plot.y, points }),
      color: { ...telling, sort: names, scale: { domain: names, range: COLOURS } },
      shape: { ...telling, sort: names, scale: { domain: names, range: SHAPES } },
      strokeDash: { ...telling, sort: names, scale: { domain: names, range: DASHES } },
    },
    config: {
      font: "system-ui, sans-serif",
      view: { stroke: null },
      title: { color: TEXT.light, subtitleColor: TEXT.light, fontSize: 15, subtitleFontSize: 12 },
      axis: {
        labelColor: TEXT.light,
        titleColor: TEXT.light,
        labelFontSize: 12,
        titleFontSize: 12,
        titleFontWeight: "normal",
        gridColor: LINES.light,
        domainColor: LINES.light,
        tickColor: LINES.light,
      },
      legend: {
        labelColor: TEXT.light,
        labelFontSize: 12,
        orient: "bottom",
        symbolSize: 80,
        labelLimit: 0,
        columns: 2,
      },
    },
  };
}

function channelOf(
  field: "x" | "y",
  { axis: { title, isLog = false }, points }: {
    readonly axis: Axis;
    readonly points: readonly Point[];
  },
) {
  const scale = isLog ? { type: "log" } as const : { type: "linear", zero: true } as const;
  const ticks = ticksOf(points.map((point) => point[field]), isLog);
  const axis = { format: "~s", ...ticks === null ? {} : { values: ticks } };
  return {
    field,
    type: "quantitative",
    title,
    scale: { ...scale, nice: field === "y" || !isLog },
    axis,
  } as const;
}

/** Where something was measured, if that is few places; else powers of ten; else what the library thinks. */
function ticksOf(values: readonly number[], isLog: boolean): number[] | null {
  const places = [...new Set(values)];
  if (!isLog) return null;
  if (places.length <= TICKS_MAX) return places;
  const powers = values.map(Math.log10);
  const [from, to] = [Math.floor(Math.min(...powers)), Math.ceil(Math.max(...powers))];
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

/** A page that shows the file cannot style it: it brings its own rules along. */
function withDarkInks(svg: string): string {
  const rules = INKS.map(({ light, dark }) =>
    `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`
  ).join("");
  const style = `<style>@media (prefers-color-scheme: dark){${rules}}</style>`;
  return svg.replace(/(<svg\b[^>]*>)/, `$1${style}`);
}
