/**
 * Which runs take events from outside: those that run, and have no owner whose code tells them.
 *
 * @module
 */

import type { JournalSnapshot } from "../domain/journal.ts";
import { RunEndedError, RunOwnedError } from "../domain/run_errors.ts";
import { type RunState, runStateOf } from "../domain/run_state.ts";

/**
 * The state of a run that takes events from outside.
 *
 * @throws {RunEndedError} or {RunOwnedError} When it takes none.
 */
export function openStateOf(snapshot: JournalSnapshot): RunState {
  const { journal: { name } } = snapshot;
  const state = runStateOf(snapshot);
  if (state.status !== "running") throw new RunEndedError(name, state.status);
  if (state.owner !== null) throw new RunOwnedError(name, state.owner);
  return state;
}
