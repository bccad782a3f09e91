/**
 * How the commands that work through a whole stream outlast a broker that is away for a moment.
 *
 * @module
 */

import { BROKER_BACKOFF } from "../domain/backoff.ts";
import { systemClock } from "../ports/clock.ts";
import { systemRandom } from "../ports/random.ts";
import { withPatience } from "../producer/patience.ts";

/** Long enough for a failover or a restart; after it the command says so and can be run again. */
const DEADLINE_MS = 30_000;

/**
 * Makes a call that may be made twice until it succeeds or half a minute is over.
 *
 * @throws {BrokerUnavailableError} or {UnknownOutcomeError} When the broker stayed away.
 * @throws The signal's reason; whatever else the call throws.
 */
export function patiently<Result>(
  call: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  return withPatience(call, {
    idempotent: true,
    deadlineMs: DEADLINE_MS,
    backoff: BROKER_BACKOFF,
    signal,
    clock: systemClock,
    random: systemRandom,
  });
}
