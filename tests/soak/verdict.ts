/**
 * The verdict on a soak: everything that is wrong, in sentences; nothing when all is as promised.
 *
 * @module
 */

import { type Growth, growthOf } from "./growth.ts";
import type { SoakResult } from "./soak.ts";

/** How many numbers of one kind are shown. */
const SHOWN_MAX = 10;

const RECOVERY_S_MAX = 10;

/** Commands per consumer and second while the broker is in trouble. */
const ATTEMPTS_MAX = 20;

/** A shorter one is still warming up in its second quarter. */
const JUDGED_S_MIN = 240;

/** Whether growth says something: after long faults what is in flight depends on which one it was. */
export function isGrowthJudged(
  { scenario, samples }: Pick<SoakResult, "scenario" | "samples">,
): boolean {
  return scenario === "mixed" && (samples.at(-1)?.atS ?? 0) >= JUDGED_S_MIN;
}

/** Everything that is wrong. */
export function defectsOf(result: SoakResult): string[] {
  return [
    ...[...result.findings].flatMap(([group, { lost, doubled, disordered }]) => [
      ...some(`${group}: lost`, lost),
      ...some(`${group}: doubled`, doubled),
      ...some(`${group}: out of order of their key`, disordered),
    ]),
    ...result.unfinished.map((each) => `not finished: ${each}`),
    ...result.misconduct,
    ...result.struck.flatMap(({ name, atS, recoveredS, waiting, attempts, strikes }) => [
      ...(recoveredS !== null && recoveredS <= RECOVERY_S_MAX ? [] : [
        `${name} at ${atS.toFixed(0)} s: ` +
        (recoveredS === null
          ? `${waiting.length} consumers had not recovered: ${
            waiting.slice(0, SHOWN_MAX).join(", ")
          }`
          : `recovered only after ${recoveredS.toFixed(1)} s`),
      ]),
      ...(strikes === "broker" && attempts !== null && attempts > ATTEMPTS_MAX && !isMoment(name)
        ? [
          `${name} at ${atS.toFixed(0)} s: ${attempts.toFixed(1)} commands per consumer and second`,
        ]
        : []),
    ]),
    ...(isGrowthJudged(result) ? growthOf(result.samples).filter(({ grew }) => grew) : []).map(
      growthSentence,
    ),
  ];
}

/** A fault that is over at once: what comes after it is ordinary work. */
function isMoment(name: string): boolean {
  return name === "Redis emptied";
}

function growthSentence({ name, second, last }: Growth): string {
  return `${name} grew from ${second?.toFixed(1)} to ${last?.toFixed(1)}`;
}

function some(what: string, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return [];
  const more = numbers.length > SHOWN_MAX ? ", …" : "";
  return [`${what} (${numbers.length}): ${numbers.slice(0, SHOWN_MAX).join(", ")}${more}`];
}
