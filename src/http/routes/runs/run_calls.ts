/**
 * Calls of the routes to whoever keeps runs, each with a bound of time: a client that waits for a broker that says nothing
 * is better told so, and may come again.
 *
 * @module
 */

import { BrokerUnavailableError, UnknownOutcomeError } from "../../../domain/errors.ts";
import type { Clock } from "../../../ports/clock.ts";
import type { Log } from "../../../ports/log.ts";
import type { RunService } from "../../../ports/run_service.ts";
import { within } from "../../in_time.ts";

/** What every route of runs needs. */
export interface RunRouteContext {
  /** Runs. */
  readonly runs: RunService;
  /** Where it is said who was told to end, and the like. */
  readonly log: Log;
  /** Time. */
  readonly clock: Clock;
}

/** Reading is answered within milliseconds, or by a broker that is as good as away. */
const READ_MS_MAX = 3_000;

/** A change is tried for five seconds by the store itself; this is only for a broker that answers nothing at all. */
const CHANGE_MS_MAX = 12_000;

/**
 * Waits for something that is read, for 3 s.
 *
 * @throws {BrokerUnavailableError} When it takes longer; and what reading throws.
 */
export function inTimeToRead<Result>(
  reading: Promise<Result>,
  { clock }: { readonly clock: Clock },
): Promise<Result> {
  const late = () => new BrokerUnavailableError("read runs", `no answer within ${READ_MS_MAX} ms`);
  return within(reading, { clock, msMax: READ_MS_MAX, late });
}

/**
 * Waits for a change, for 12 s; longer than the store's own patience, which can tell more.
 *
 * @throws {UnknownOutcomeError} When it takes longer: it may still be made. And what changing throws.
 */
export function inTimeToChange<Result>(
  changing: Promise<Result>,
  { clock }: { readonly clock: Clock },
): Promise<Result> {
  const late = () =>
    new UnknownOutcomeError("change a run", `no answer within ${CHANGE_MS_MAX} ms`);
  return within(changing, { clock, msMax: CHANGE_MS_MAX, late });
}
