/**
 * Cancelling a run of another process: the wish is noted in its state, and its owner sees it there.
 *
 * @module
 */

import { JournalMissingError } from "../domain/journal_errors.ts";
import { checkRunId } from "../domain/run.ts";
import { RunEndedError } from "../domain/run_errors.ts";
import { encodeRunState, runReason, runStateOf } from "../domain/run_state.ts";
import type { EventStore } from "./event_store.ts";
import type { RunChanger } from "./run_change.ts";

/**
 * Cancels a run of any process but this one.
 *
 * @returns `false` when it has ended.
 * @throws {RunMissingError} When there is none.
 */
export async function cancelElsewhere(
  run: string,
  options: { readonly reason: string; readonly store: EventStore; readonly changer: RunChanger },
): Promise<boolean> {
  const { reason, store, changer } = options;
  const { status, owner } = await store.get(checkRunId(run));
  if (status !== "running") return false;
  try {
    if (owner === null) {
      await store.end(run, { status: "cancelled", reason });
      return true;
    }
    let isRunning = true;
    await changer.change(run, (snapshot) => {
      const state = runStateOf(snapshot);
      isRunning = state.status === "running";
      if (!isRunning || state.cancelReason !== null) return null;
      return { state: encodeRunState({ ...state, cancelReason: runReason(reason) }) };
    });
    return isRunning;
  } catch (error) {
    if (error instanceof RunEndedError) return false;
    if (!(error instanceof JournalMissingError)) throw error;
    await store.get(run); // tells whether it has expired
    return false;
  }
}
