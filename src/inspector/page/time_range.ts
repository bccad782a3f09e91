/**
 * Which part of time the timeline shows, and where its marks are. Pure.
 *
 * @module
 */

import { dayText } from "./words.ts";

/** From when to when, in ms since 1970. */
export interface TimeRange {
  /** The left end. */
  readonly fromMs: number;
  /** The right end. */
  readonly toMs: number;
}

/** The shortest and the longest part of time that can be shown, in ms. */
const SPAN_MS_MIN = 2;
const SPAN_MS_MAX = 7 * 24 * 3_600_000;

/** The range that ends at the present. It stands still for a tenth of its length, so that nothing creeps. */
export function liveRange(nowMs: number, spanMs: number): TimeRange {
  const step = spanMs / 10;
  const toMs = Math.ceil((nowMs + step / 10) / step) * step;
  return { fromMs: toMs - spanMs, toMs };
}

/** A range that is `factor` times as long, with the same moment at the same place. */
export function zoomed({ fromMs, toMs }: TimeRange, factor: number, aroundMs: number): TimeRange {
  const span = Math.min(SPAN_MS_MAX, Math.max(SPAN_MS_MIN, (toMs - fromMs) * factor));
  const share = (aroundMs - fromMs) / (toMs - fromMs || 1);
  return { fromMs: aroundMs - share * span, toMs: aroundMs + (1 - share) * span };
}

/** The same range, later or earlier. */
export function shifted({ fromMs, toMs }: TimeRange, ms: number): TimeRange {
  return { fromMs: fromMs + ms, toMs: toMs + ms };
}

const DAY_MS = 24 * 3_600_000;

/** Steps of marks, in ms: those that people count in. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 6, 12, 24].map((hours) => hours * 3_600_000),
];

/** Where marks are: as many as have room. @param marksMax So many at most. */
export function marksOf({ fromMs, toMs }: TimeRange, marksMax: number): number[] {
  const wanted = (toMs - fromMs) / Math.max(1, marksMax);
  const step = STEPS.find((each) => each >= wanted) ?? 24 * 3_600_000;
  const marks: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) marks.push(at);
  return marks;
}

/** What a mark says: no more digits than tell it from the next one. */
export function markText(atMs: number, { fromMs, toMs }: TimeRange): string {
  const date = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (toMs - fromMs >= DAY_MS) return `${dayText(date)} ${minutes}`;
  if (toMs - fromMs >= 15 * 60_000) return minutes;
  const seconds = `${minutes}:${two(date.getSeconds())}`;
  if (toMs - fromMs >= 8_000) return seconds;
  return `${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
