/**
 * How numbers, times and data are shown: to people in words, to programs as JSON.
 *
 * @module
 */

import { escapeUnprintable } from "../domain/printable.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const BYTE_UNITS = ["kB", "MB", "GB", "TB"];

/** The last time that a date can hold, in ms since 1970. */
const TIME_MS_MAX = 8_640_000_000_000_000;

/** A number for people, such as `1,234`. */
export function grouped(count: number): string {
  return count.toLocaleString("en");
}

/** A number of things for people, such as `1 event` or `1,234 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A size for people, such as `12 kB` or `3.4 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  const power = Math.min(BYTE_UNITS.length, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${BYTE_UNITS[power - 1]}`;
}

/** A span of time for people, such as `12 s` or `3 h`: its largest unit, rounded down. */
export function spanText(spanMs: number): string {
  if (spanMs < SECOND_MS) return `${Math.max(0, Math.floor(spanMs))} ms`;
  if (spanMs < 2 * MINUTE_MS) return `${Math.floor(spanMs / SECOND_MS)} s`;
  if (spanMs < 2 * HOUR_MS) return `${Math.floor(spanMs / MINUTE_MS)} min`;
  if (spanMs < 2 * DAY_MS) return `${Math.floor(spanMs / HOUR_MS)} h`;
  return `${grouped(Math.floor(spanMs / DAY_MS))} d`;
}

/** A point in time for people, in UTC; the number itself where no calendar reaches. */
export function timeText(timeMs: number): string {
  return Math.abs(timeMs) <= TIME_MS_MAX ? new Date(timeMs).toISOString() : `${timeMs} ms`;
}

/** JSON on one line that steers no terminal; a program reads the same from it. */
export function jsonText(value: unknown): string {
  return escapeUnprintable(JSON.stringify(value));
}
