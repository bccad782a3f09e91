/**
 * Changing a run whose events come from outside.
 *
 * @module
 */

import { RunMissingError, RunOwnedError } from "../../../domain/run_errors.ts";
import { inTimeToChange, inTimeToRead, type RunRouteContext } from "./run_calls.ts";

/**
 * Waits for a change of a run.
 *
 * @param run Which run.
 * @param given `change`: makes it.
 * @throws {RunOwnedError} Also for a run of this process that is not stored yet, of which the store knows nothing. And what
 * the change throws.
 */
export async function changedFromOutside<Result>(
  run: string,
  given: RunRouteContext & { readonly change: () => Promise<Result> },
): Promise<Result> {
  try {
    return await inTimeToChange(given.change(), given);
  } catch (error) {
    if (!(error instanceof RunMissingError)) throw error;
    const { owner } = await inTimeToRead(given.runs.get(run), given);
    throw owner === null ? error : new RunOwnedError(run, owner);
  }
}
