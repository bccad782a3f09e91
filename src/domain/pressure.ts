/**
 * Backpressure in words: how badly a group is behind, what was measured of it, and what it must stay below. The
 * monitor, a producer, the command line and the page all speak of it in these words.
 *
 * @module
 */

import { InvalidOptionError } from "./errors.ts";
import { escapeUnprintable } from "./printable.ts";

/** How badly a group is behind: `ok`, `pressured` (near a bound) or `saturated` (at a bound). */
export type PressureLevel = "ok" | "pressured" | "saturated";

/** How far a lag can be trusted. */
export type LagConfidence = "exact" | "estimated" | "unknown";

/** What was measured of one group. */
export interface GroupMeasure {
  /** The stream. */
  readonly stream: string;
  /** The group; `null` for a stream without groups, of which only the length counts. */
  readonly group: string | null;
  /** How many entries were not yet handed out; `null` when nothing can be said beyond `lagMin`. */
  readonly lag: number | null;
  /** How far `lag` can be trusted. */
  readonly lagConfidence: LagConfidence;
  /** So many entries were surely not yet handed out. */
  readonly lagMin: number;
  /** How many entries are pending. */
  readonly pendingCount: number;
  /**
   * For how long at least the lowest pending entry has been the lowest one, in ms; 0 when nothing is pending, `null`
   * when the entry was seen for the first time and its age is not known.
   */
  readonly oldestPendingMs: number | null;
  /** How many entries the stream holds. */
  readonly length: number;
}

/** What a group must stay below. 0 means that this one is not watched. */
export interface PressureBounds {
  /** Entries not yet handed out. */
  readonly lagMax: number;
  /** Pending entries. */
  readonly pendingMax: number;
  /** Age of the oldest pending entry, in ms. */
  readonly oldestPendingMsMax: number;
  /** Entries in the stream. */
  readonly lengthMax: number;
  /** From this share of a bound on a group is pressured; above 0, at most 1. */
  readonly pressuredShare: number;
}

/** A quantity that can decide. */
export type PressureMeasure = "lag" | "pendingCount" | "oldestPendingMs" | "length";

/** Why a group has its level. */
export interface PressureReason {
  /** The stream. */
  readonly stream: string;
  /** The group; `null` for the stream itself. */
  readonly group: string | null;
  /** The quantity that decided. */
  readonly measure: PressureMeasure;
  /** Its value, in entries or ms. */
  readonly value: number;
  /** Its bound, in the same unit. */
  readonly bound: number;
  /** What it decided. */
  readonly level: PressureLevel;
  /** Whether the value is certain. */
  readonly exact: boolean;
}

/** How a group is, and since which measure that is known. */
export interface GroupPressure {
  /** The stream. */
  readonly stream: string;
  /** The group; `null` for a stream without groups. */
  readonly group: string | null;
  /** How badly it is behind. */
  readonly level: PressureLevel;
  /** What decided; `null` as long as it was never anything but `ok`. */
  readonly reason: PressureReason | null;
  /** The last measure that succeeded; `null` before the first one. */
  readonly measure: GroupMeasure | null;
  /** When that was, in ms since 1970; `null` before the first one. */
  readonly measuredAtMs: number | null;
}

/** How a whole stream is: as badly as its worst group. */
export interface StreamPressure {
  /** The level of the worst group. */
  readonly level: PressureLevel;
  /** What decided; `null` as long as it was never anything but `ok`. */
  readonly reason: PressureReason | null;
}

/** All bounds, none of them watched. */
export const NO_BOUNDS: PressureBounds = {
  lagMax: 0,
  pendingMax: 0,
  oldestPendingMsMax: 0,
  lengthMax: 0,
  pressuredShare: 0.5,
};

const LEVELS: readonly PressureLevel[] = ["ok", "pressured", "saturated"];

/** Whether a level is as bad as another one, or worse. */
export function isLevelAtLeast(level: PressureLevel, wanted: PressureLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(wanted);
}

/** The worst of some levels with its reason; `ok` for none. Of equal ones the first. */
export function worstPressure(pressures: Iterable<StreamPressure>): StreamPressure {
  let worst: StreamPressure | undefined;
  for (const { level, reason } of pressures) {
    const isWorse = worst === undefined || !isLevelAtLeast(worst.level, level);
    if (isWorse || (worst?.reason === null && worst.level === level)) worst = { level, reason };
  }
  return worst ?? { level: "ok", reason: null };
}

/** The bound of a quantity; 0 when it is not watched. */
export function pressureBoundOf(measure: PressureMeasure, bounds: PressureBounds): number {
  const { lagMax, pendingMax, oldestPendingMsMax, lengthMax } = bounds;
  return {
    lag: lagMax,
    pendingCount: pendingMax,
    oldestPendingMs: oldestPendingMsMax,
    length: lengthMax,
  }[measure];
}

/**
 * Fills in and checks bounds.
 *
 * @param given Those that are set; the others are not watched, `pressuredShare` is 0.5.
 * @param path What stands before their names in an error, such as `backpressure`.
 * @throws {InvalidOptionError} When one cannot work.
 */
export function checkPressureBounds(given: Partial<PressureBounds>, path: string): PressureBounds {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const bounds: PressureBounds = { ...NO_BOUNDS, ...set };
  for (const name of ["lagMax", "pendingMax", "oldestPendingMsMax", "lengthMax"] as const) {
    const value = bounds[name];
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new InvalidOptionError(`${path}.${name}`, value, "a whole number from 0");
  }
  const { pressuredShare } = bounds;
  if (!(pressuredShare > 0 && pressuredShare <= 1)) {
    const option = `${path}.pressuredShare`;
    throw new InvalidOptionError(option, pressuredShare, "a number above 0, at most 1");
  }
  return bounds;
}

/** A reason for people: `group "billing" of "orders": lag is 120,000, bound 100,000`. */
export function pressureSentence(reason: PressureReason): string {
  const { stream, group, measure } = reason;
  // The length is a fact of the stream, whichever group was looked at.
  const isOfStream = group === null || measure === "length";
  const subject = isOfStream ? `stream "${stream}"` : `group "${group}" of "${stream}"`;
  return escapeUnprintable(`${subject}: ${valueWords(reason)}`);
}

function valueWords({ measure, value, bound, exact }: PressureReason): string {
  if (measure === "oldestPendingMs") {
    return `the oldest pending entry is ${seconds(value)} s old, bound ${seconds(bound)} s`;
  }
  const name = { lag: "lag", pendingCount: "pending count", length: "length" }[measure];
  return `${name} is ${exact ? "" : "about "}${whole(value)}, bound ${whole(bound)}`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toLocaleString("en-US", { maximumFractionDigits: 1 });
}

function whole(count: number): string {
  return count.toLocaleString("en-US");
}
