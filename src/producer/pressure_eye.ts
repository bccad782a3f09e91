/**
 * How a producer sees the pressure on its stream: by measuring it, or through the eyes of somebody who measures anyway.
 *
 * @module
 */

import type { StreamsAndGroups } from "../backpressure/measure.ts";
import { StreamWatch } from "../backpressure/stream_watch.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import type { GroupPressure, PressureReason, StreamPressure } from "../domain/pressure.ts";
import { worstPressure } from "../domain/pressure.ts";
import type { Clock } from "../ports/clock.ts";
import type { ResolvedBackpressure } from "./backpressure_options.ts";

/** What was seen at one look. */
export interface PressureView extends StreamPressure {
  /** How many entries may be appended before a bound is reached. */
  readonly room: number;
  /** Which bound that is; `null` for none. */
  readonly roomReason: PressureReason | null;
}

/** Sees the pressure on a stream. Remembers what it saw, so that a level falls only after some calm looks. */
export interface PressureEye {
  /** Looks. One look at a time. Throws what calls of a broker throw. */
  look(): Promise<PressureView>;
}

/** Nothing is known, and so nothing is held back. */
export const UNSEEN: PressureView = { level: "ok", reason: null, room: Infinity, roomReason: null };

/** Measures through the broker. */
export function measuringEye(
  options: ResolvedBackpressure & {
    readonly broker: StreamsAndGroups;
    readonly stream: string;
    readonly clock: Clock;
  },
): PressureEye {
  const { broker, stream, groups, bounds, clock } = options;
  const only = groups === undefined ? {} : { groups };
  const watch = new StreamWatch({ broker, stream, ...only, bounds, clock });
  return {
    async look() {
      await watch.look();
      return { ...worstPressure(watch.groups), ...leastRoom(watch.groups, options) };
    },
  };
}

/** Asks somebody else, whose refusals have to say why, because the caller is told. How much room there is at its bounds is not known. */
export function borrowedEye(
  source: { pressureOf(stream: string): StreamPressure },
  stream: string,
): PressureEye {
  return {
    async look() {
      const { level, reason } = source.pressureOf(stream);
      if (level !== "ok" && reason === null) {
        const wanted = "a reason with every level but ok";
        throw new InvalidOptionError("backpressure.source", `${level} without a reason`, wanted);
      }
      return { ...UNSEEN, level, reason };
    },
  };
}

/** Appending raises the lag of every group and the length, at once and by one; the others follow from elsewhere. */
function leastRoom(
  groups: readonly GroupPressure[],
  { bounds, when }: ResolvedBackpressure,
): Pick<PressureView, "room" | "roomReason"> {
  const share = when === "saturated" ? 1 : bounds.pressuredShare;
  let least: Pick<PressureView, "room" | "roomReason"> = { room: Infinity, roomReason: null };
  for (const { stream, group, level, measure } of groups) {
    if (measure === null) continue;
    const { lag, lagMin, lagConfidence, length } = measure;
    const candidates = [
      {
        measure: "lag",
        value: lag ?? lagMin,
        bound: bounds.lagMax,
        exact: lagConfidence === "exact",
      },
      { measure: "length", value: length, bound: bounds.lengthMax, exact: true },
    ] as const;
    for (const candidate of candidates) {
      const room = candidate.bound * share - candidate.value;
      if (candidate.bound === 0 || room >= least.room) continue;
      least = { room, roomReason: { stream, group, level, ...candidate } };
    }
  }
  return least;
}
