/**
 * What is said in numbers beside a consumer: how far it is behind, what it has in hand, how fast it is.
 *
 * @module
 */

import type { ActorState } from "../format.ts";
import type { Inspection } from "./inspection.ts";
import { consumerIn } from "./status_history.ts";
import { counted, countText, shortCountText } from "./words.ts";

/** What the numbers mean. */
export const NUMBERS_TITLE =
  "lag: entries of the group that nobody has read yet; /s: entries committed a second, over the last 5 s; in flight: entries in hand";

/** What is said of a consumer. */
export interface ConsumerWords {
  /** Why it makes no progress, or that it does; of a file, what failed. `""` for nothing. */
  readonly why: string;
  /** Lag, rate, in flight, restarts: of many, in thousands. */
  readonly numbers: string;
  /** The same, as exactly as they are known. */
  readonly exact: string;
  /** Entries not yet handed out, `null` for unknown. */
  readonly lag: number | null;
  /** Entries in hand. */
  readonly inFlight: number;
  /** Entries a second, `null` for unknown. */
  readonly rate: number | null;
}

/** What is said of a consumer at the moment that is shown. */
export function consumerWords(inspection: Inspection, actor: ActorState): ConsumerWords {
  const { place, context } = actor;
  const status = place === null ? undefined : consumerIn(inspection.status, place);
  const facts = status?.facts;
  const rate = facts === undefined ? null : inspection.statuses.rate(facts, inspection.momentMs);
  const lag = facts?.broker?.lag ?? null;
  // The recording is exact at every moment, the status half a second old.
  const told = context["load.inFlight"];
  const inFlight = typeof told === "number" ? told : facts?.load.inFlight ?? 0;
  const restarts = facts?.restarts ?? 0;
  const committed = context.committedCount;
  const numbersBy = (text: (count: number) => string) =>
    [
      lag === null ? "" : `lag ${text(lag)}`,
      rate === null ? "" : `${text(rate)}/s`,
      `in flight ${text(inFlight)}`,
      rate === null && typeof committed === "number" ? `${text(committed)} done` : "",
      restarts > 0 ? counted(restarts, "restart") : "",
    ].filter((each) => each !== "").join(" · ");
  const failure = context["failure.message"];
  const why = status?.why ?? (typeof failure === "string" ? failure : "");
  return {
    why,
    numbers: numbersBy((count) => count < 10_000 ? countText(count) : shortCountText(count)),
    exact: numbersBy(countText),
    ...{ lag, inFlight, rate },
  };
}
