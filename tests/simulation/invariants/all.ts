/**
 * All invariants, and the judgement of a simulation by them.
 *
 * @module
 */

import type { Evidence } from "../evidence.ts";
import { memoryIsBounded } from "./bounds.ts";
import { checkpointIsALowWatermark, nothingOfOthersIsDestroyed } from "./checkpoints.ts";
import { attemptsRise, calledForAReason, nothingAfterDone } from "./deliveries.ts";
import { allOrNothing, onlyTheOwnerCommits } from "./fencing.ts";
import type { Invariant } from "./invariant.ts";
import {
  everythingFinishes,
  promisesSettle,
  recovers,
  startsPromptly,
  stopsInTime,
} from "./liveness.ts";
import { lossesCounted } from "./losses.ts";
import { keysKeepTheirOrder } from "./order.ts";
import { exactlyOnce, noFabrication, noLoss } from "./outputs.ts";
import { pausesAreSilent } from "./pauses.ts";
import { nobodyIsWaitedFor } from "./standstill.ts";
import { lossesAreTold } from "./told_losses.ts";

/** Every invariant. */
export const INVARIANTS: readonly Invariant[] = [
  noLoss,
  lossesCounted,
  exactlyOnce,
  nothingAfterDone,
  onlyTheOwnerCommits,
  keysKeepTheirOrder,
  checkpointIsALowWatermark,
  nothingOfOthersIsDestroyed,
  allOrNothing,
  noFabrication,
  memoryIsBounded,
  lossesAreTold,
  pausesAreSilent,
  calledForAReason,
  attemptsRise,
  everythingFinishes,
  startsPromptly,
  recovers,
  promisesSettle,
  stopsInTime,
  nobodyIsWaitedFor,
];

/** A case in which an invariant does not hold. */
export interface Breach {
  /** Which one. */
  readonly invariant: string;
  /** What was found. */
  readonly text: string;
}

/** Every case in which an invariant does not hold; empty when all is as promised. */
export function judge(evidence: Evidence): Breach[] {
  return INVARIANTS.flatMap(({ name, breaches }) =>
    breaches(evidence).map((text) => ({ invariant: name, text }))
  );
}
