/**
 * Draws lanes of states on a canvas. Each kind has a shape besides its colour: working is full, waiting a low line, paused
 * hollow, backing off hatched, reclaiming half, failed crossed, ended a hair line. Where more states lie in a pixel than
 * can be drawn, the most pressing one is.
 *
 * @module
 */

import { type Kind, KINDS } from "./kinds.ts";
import { type Lane, segmentAt } from "./lanes.ts";
import type { Palette } from "./palette.ts";
import { marksOf, markText, type TimeRange } from "./time_range.ts";

/** The height of a lane, and of the marks above them all, in px. */
export const LANE_HEIGHT = 20;
/** The height of the marks above the lanes, in px. */
export const AXIS_HEIGHT = 22;

/** The room of what is written at a mark, in px. */
const MARK_WIDTH = 76;

/** What is drawn. */
export interface TimelinePicture {
  /** Where to. */
  readonly context: CanvasRenderingContext2D;
  /** How wide it is, in px. */
  readonly width: number;
  /** How high it is, in px. */
  readonly height: number;
  /** What was scrolled out above, in px. */
  readonly scrollTop: number;
  /** The lanes. */
  readonly lanes: readonly Lane[];
  /** Which time. */
  readonly range: TimeRange;
  /** The present: nothing is known of what comes after, in ms since 1970. */
  readonly nowMs: number;
  /** The moment that is shown, `null` for the present. */
  readonly cursorMs: number | null;
  /** Where frames are missing, in ms since 1970. */
  readonly breaks: readonly number[];
  /** The colours. */
  readonly palette: Palette;
}

/** Draws it. */
export function drawTimeline(picture: TimelinePicture): void {
  const { context, width, height, scrollTop, lanes, palette } = picture;
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, height);
  const first = Math.max(0, Math.floor(scrollTop / LANE_HEIGHT));
  const last = Math.min(lanes.length, Math.ceil((scrollTop + height) / LANE_HEIGHT));
  for (let index = first; index < last; index++) {
    const lane = lanes[index];
    const y = AXIS_HEIGHT + index * LANE_HEIGHT - scrollTop;
    if (lane !== undefined) drawLane(picture, lane, y);
  }
  drawBreaks(picture);
  drawAxis(picture);
  drawCursor(picture);
}

function drawLane(picture: TimelinePicture, lane: Lane, y: number): void {
  const { range: { fromMs, toMs }, width, nowMs, context, palette } = picture;
  const scale = width / (toMs - fromMs);
  const endMs = Math.min(toMs, nowMs);
  context.fillStyle = palette.edge;
  context.fillRect(0, y + LANE_HEIGHT - 1, width, 1);
  /** What was put off because it is less than a pixel wide. */
  let run: { from: number; until: number; kind: Kind | null } | null = null;
  const flush = () => {
    if (run !== null) drawShape(picture, { ...run, y, text: "" });
    run = null;
  };
  for (let index = Math.max(0, segmentAt(lane, fromMs)); index < lane.segments.length; index++) {
    const segment = lane.segments[index];
    if (segment === undefined || segment.atMs > endMs) break;
    const from = Math.max(0, (segment.atMs - fromMs) * scale);
    const nextMs = lane.segments[index + 1]?.atMs ?? endMs;
    const until = Math.min((Math.min(nextMs, endMs) - fromMs) * scale, width);
    const { kind } = segment;
    if (until - from >= 1.5) {
      flush();
      drawShape(picture, { from, until, kind, y, text: segment.state });
      continue;
    }
    const column = Math.floor(from);
    if (run !== null && column < run.until) {
      if (pressing(kind) > pressing(run.kind)) run.kind = kind;
    } else if (run !== null && column === run.until && run.kind === kind) run.until = column + 1;
    else {
      flush();
      run = { from: column, until: column + 1, kind };
    }
  }
  flush();
}

function pressing(kind: Kind | null): number {
  return kind === null ? -1 : KINDS.indexOf(kind);
}

interface Shape {
  readonly from: number;
  readonly until: number;
  readonly y: number;
  readonly kind: Kind | null;
  readonly text: string;
}

function drawShape({ context, palette }: TimelinePicture, { from, until, y, kind, text }: Shape) {
  const w = Math.max(1, until - from - (until - from > 4 ? 1 : 0));
  const [top, h] = [y + 3, LANE_HEIGHT - 7];
  if (kind === null) {
    context.fillStyle = palette.muted;
    for (let x = from; x < from + w; x += 4) context.fillRect(x, top + h - 1, 1.5, 1.5);
    return;
  }
  context.fillStyle = palette[kind];
  if (kind === "waiting") context.fillRect(from, top + h - 4, w, 4);
  else if (kind === "ended") context.fillRect(from, top + h - 1.5, w, 1.5);
  else if (kind === "reclaiming") context.fillRect(from, top + h / 2, w, h / 2);
  else if (kind === "paused" && w > 3) {
    context.strokeStyle = palette.paused;
    context.lineWidth = 1.5;
    context.strokeRect(from + 0.75, top + 0.75, w - 1.5, h - 1.5);
  } else context.fillRect(from, top, w, h);
  if (kind === "backingOff" || kind === "failed") {
    drawHatch(context, {
      x: from,
      y: top,
      w,
      h,
      colour: palette.ground,
      isCrossed: kind === "failed",
    });
  }
  if (text === "" || w < 40) return;
  // What is no full bar gets one behind its words, so that nothing runs through them.
  const isBroken = kind === "failed" || kind === "backingOff" || kind === "reclaiming";
  const isOn = kind === "working" || isBroken;
  context.font = "11px system-ui, sans-serif";
  const textWidth = context.measureText(text).width;
  if (textWidth + 10 > w) return;
  if (isBroken) {
    context.fillStyle = palette[kind];
    context.fillRect(from + 2, top + 1, textWidth + 6, h - (kind === "reclaiming" ? 1 : 2));
  }
  context.fillStyle = isOn ? palette.on : palette.text;
  context.textBaseline = "middle";
  context.fillText(
    text,
    from + 5,
    top + h / 2 - (kind === "waiting" || kind === "ended" ? 2 : 0) + 0.5,
  );
}

/** Slanted lines, and for what failed the other way too. */
function drawHatch(
  context: CanvasRenderingContext2D,
  { x, y, w, h, colour, isCrossed }: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
    readonly colour: string;
    readonly isCrossed: boolean;
  },
): void {
  if (w < 5) return;
  context.save();
  context.beginPath();
  context.rect(x, y, w, h);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.globalAlpha = 0.55;
  context.beginPath();
  const step = 7;
  for (let at = Math.floor((x - h) / step) * step; at < x + w; at += step) {
    context.moveTo(at, y + h);
    context.lineTo(at + h, y);
    if (!isCrossed) continue;
    context.moveTo(at, y);
    context.lineTo(at + h, y + h);
  }
  context.stroke();
  context.restore();
}

function drawAxis({ context, palette, width, range }: TimelinePicture): void {
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, width, AXIS_HEIGHT);
  context.fillStyle = palette.edge;
  context.fillRect(0, AXIS_HEIGHT - 1, width, 1);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (const mark of marksOf(range, Math.max(2, width / 110))) {
    const x = Math.round((mark - range.fromMs) * width / (range.toMs - range.fromMs));
    context.fillStyle = palette.edge;
    context.fillRect(x, AXIS_HEIGHT - 6, 1, 5);
    if (x + MARK_WIDTH > width) continue;
    context.fillStyle = palette.muted;
    context.fillText(markText(mark, range), x + 4, AXIS_HEIGHT / 2);
  }
}

/** Where something is missing all lanes are cut. */
function drawBreaks({ context, palette, width, height, range, breaks }: TimelinePicture): void {
  for (const atMs of breaks) {
    const x = (atMs - range.fromMs) * width / (range.toMs - range.fromMs);
    if (x < 0 || x > width) continue;
    context.strokeStyle = palette.failed;
    context.lineWidth = 1.5;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, AXIS_HEIGHT);
    context.lineTo(x, height);
    context.stroke();
    context.setLineDash([]);
  }
}

function drawCursor({ context, palette, width, height, range, cursorMs }: TimelinePicture): void {
  if (cursorMs === null) return;
  const x = (cursorMs - range.fromMs) * width / (range.toMs - range.fromMs);
  if (x < -5 || x > width + 5) return;
  context.fillStyle = palette.cursor;
  context.fillRect(x - 0.75, 0, 1.5, height);
  context.beginPath();
  context.moveTo(x - 6, 0);
  context.lineTo(x + 6, 0);
  context.lineTo(x, 9);
  context.fill();
}
