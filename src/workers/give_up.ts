/**
 * Giving an entry up: the settlement that moves it to the dead letters, with its reason.
 *
 * @module
 */

import { deadLetterFields } from "../domain/dead_letter.ts";
import type { Settlement } from "../domain/settlement.ts";
import type { AttemptPlace } from "./handler.ts";
import type { Slot } from "./lane.ts";

/** Why an entry is given up. */
export interface GivenUp {
  /** In a few words. */
  readonly reason: string;
  /** What was thrown last, `null` for nothing. */
  readonly error: unknown;
  /** How often its handler ran. */
  readonly attempts: number;
}

/** What becomes of an entry that is given up. */
export function giveUp(
  { delivery }: Slot,
  why: GivenUp,
  by: { readonly place: AttemptPlace; readonly nowMs: number },
): Settlement {
  const { stream, group, consumer } = by.place;
  const { id, deliveries, fields } = delivery;
  const died = { deliveries, diedAtMs: by.nowMs, fields };
  const letter = deadLetterFields({ stream, group, consumer, id, ...why, ...died });
  return { kind: "deadLettered", id, letter, reason: why.reason };
}
