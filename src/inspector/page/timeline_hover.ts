/**
 * What lies under the pointer in the timeline, in words: who, in which state, since when and for how long.
 *
 * @module
 */

import { type Lane, segmentAt } from "./lanes.ts";
import { clockText, durationText } from "./words.ts";

/** The words; `null` where nothing is known. @param nowMs The present: what lasts, lasts until then. */
export function hoverText(
  lane: Lane | undefined,
  { atMs, nowMs }: { readonly atMs: number; readonly nowMs: number },
): string | null {
  if (lane === undefined || atMs > nowMs) return null;
  const index = segmentAt(lane, atMs);
  const segment = lane.segments[index];
  if (segment === undefined) return null;
  const next = lane.segments[index + 1];
  const untilMs = next?.atMs ?? nowMs;
  const what = segment.kind === null ? "not known" : segment.state;
  const span = `for ${durationText(untilMs - segment.atMs)}${next === undefined ? " so far" : ""}`;
  return `${lane.name}: ${what}, since ${clockText(segment.atMs)}, ${span}`;
}
