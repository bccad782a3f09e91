/**
 * What a backpressure monitor tells: that a level changed, of one group or of the worst of all.
 *
 * @module
 */

import {
  type GroupPressure,
  type PressureLevel,
  type PressureReason,
  pressureSentence,
} from "../../domain/pressure.ts";

/** A level that changed. */
export interface PressureChange {
  /** Whose level: one group's, or the worst of all watched groups. */
  readonly of: "group" | "worst";
  /** The stream of the group; of the group that decided where it is the worst. */
  readonly stream: string;
  /** The group. */
  readonly group: string | null;
  /** The level until now. */
  readonly before: PressureLevel;
  /** The level from now on. */
  readonly level: PressureLevel;
  /** What decided. */
  readonly reason: PressureReason;
  /** The reason for people, such as `group "billing" of "orders": lag is 120,000, bound 100,000`. */
  readonly sentence: string;
}

/** The change of a group between two looks; none when its level is the same. */
export function changeOf(before: GroupPressure, now: GroupPressure): PressureChange[] {
  const { stream, group, level, reason } = now;
  if (before.level === level || reason === null) return [];
  const sentence = pressureSentence(reason);
  return [{ of: "group", stream, group, before: before.level, level, reason, sentence }];
}

/** The change of the worst level; none when it is the same. */
export function worstChange(
  before: PressureLevel,
  now: { readonly level: PressureLevel; readonly reason: PressureReason | null },
): PressureChange[] {
  const { level, reason } = now;
  if (before === level || reason === null) return [];
  const { stream, group } = reason;
  return [{
    of: "worst",
    stream,
    group,
    before,
    level,
    reason,
    sentence: pressureSentence(reason),
  }];
}
