/**
 * What an explanation is: a code for programs, how bad it is, and a sentence for people.
 *
 * @module
 */

import type { TroubleCode } from "./broker_trouble.ts";
import type { ConsumerFacts } from "./consumer_facts.ts";

/** Why a consumer makes no progress, or that it does. Stable names. */
export type ExplanationCode =
  | "stopped"
  | "draining"
  | "fenced"
  | "checkpointLost"
  | "streamMissing"
  | "groupMissing"
  | "groupReset"
  | "givenUp"
  | "restarting"
  | TroubleCode
  | "paused"
  | "starting"
  | "workersBusy"
  | "handlerRuns"
  | "keyBlocked"
  | "saturated"
  | "waitsForOther"
  | "leaseHeld"
  | "nothingToDo"
  | "makingProgress"
  | "unattended";

/**
 * How bad it is: `working`, also where nothing is to be done; `waiting` for something that comes by itself or was asked
 * for; `stuck` until a person does something.
 */
export type ExplanationKind = "working" | "waiting" | "stuck";

/** Why a consumer makes no progress, or that it does. */
export interface Explanation {
  /** A stable name. */
  readonly code: ExplanationCode;
  /** How bad it is. */
  readonly kind: ExplanationKind;
  /** One sentence on one line, without a period: numbers, names, and what to do. Never empty. */
  readonly text: string;
}

/** One thing that may be the matter. */
export interface Cause {
  /** Its name. */
  readonly code: ExplanationCode;
  /** How bad it is. */
  readonly kind: ExplanationKind;
  /** The sentence if it is the matter, otherwise `null`. */
  readonly tell: (facts: ConsumerFacts) => string | null;
}
