/**
 * Numbers, times and names as people say them. Every phrase is one line and never empty, whatever it is made of: facts
 * may come from another process, and from another version of it.
 *
 * @module
 */

import { printable } from "../domain/printable.ts";

/** The longest name that is shown, in characters: two of them fit into a line. */
const NAME_LENGTH_MAX = 60;

/** The units of a duration: from twice a unit on it is told in that unit, so that no digit is lost that matters. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["days", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
];

/** How long something takes or took, such as `850 ms`, `12 s` or `5 min`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "an unknown time";
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  for (const [name, unitMs] of UNITS) {
    if (ms >= 2 * unitMs) return `${grouped(Math.floor(ms / unitMs))} ${name}`;
  }
  return `${Math.floor(ms / 1_000)} s`;
}

/** When something will be: `in 12 s`, or `now`. */
export function inTime(ms: number): string {
  return ms > 0 ? `in ${duration(ms)}` : "now";
}

/** A moment, to the minute: `2026-10-17T12:00Z`. */
export function moment(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "an unknown time" : `${date.toISOString().slice(0, 16)}Z`;
}

/** A number with its noun: `1 entry`, `1,200 entries`. @param many The plural, unless it is made with an s. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A number of entries. */
export function entries(count: number): string {
  return counted(count, "entry", "entries");
}

/** A number of entries that wait. */
export function entriesWait(count: number): string {
  return `${entries(count)} ${count === 1 ? "waits" : "wait"}`;
}

/** A number for people: `1,200`. */
export function grouped(count: number): string {
  return Number.isFinite(count) ? Math.floor(count).toLocaleString("en") : "?";
}

/** A name in quotes, fit to be shown. */
export function named(name: string): string {
  return `"${printable(name, NAME_LENGTH_MAX)}"`;
}

/** An entry with its key. */
export function entryNamed(
  { id, key }: { readonly id: string; readonly key: string | null },
): string {
  const shown = printable(id, NAME_LENGTH_MAX);
  return key === null ? `entry ${shown}` : `entry ${shown} (key ${named(key)})`;
}
