/**
 * The change of a journal that ends its run: status, the event of its end, and expiry, all at once.
 *
 * @module
 */

import type { JournalSnapshot } from "../domain/journal.ts";
import { nextRunEventId, type RunEndStatus } from "../domain/run.ts";
import { encodeRunEnd } from "../domain/run_event.ts";
import { encodeRunState, type RunState, runStateOf } from "../domain/run_state.ts";
import type { JournalChange } from "../ports/journal_store.ts";

/** How and when it ends. */
export interface Ending {
  /** How. */
  readonly status: RunEndStatus;
  /** Why, `null` for nothing to say. */
  readonly reason: string | null;
  /** When, in ms since 1970. */
  readonly nowMs: number;
  /** How many events are kept. */
  readonly lengthMax: number;
}

/** The state of a run that has ended. */
export function endedState(
  state: RunState,
  { status, reason, nowMs }: Omit<Ending, "lengthMax">,
): RunState {
  return { ...state, status, reason, endedAtMs: nowMs };
}

/** Ends a run as it is in a snapshot. */
export function endingChange(snapshot: JournalSnapshot, ending: Ending): JournalChange {
  const { status, reason, nowMs, lengthMax } = ending;
  const state = runStateOf(snapshot);
  const id = nextRunEventId(snapshot.lastId, nowMs);
  return {
    state: encodeRunState(endedState(state, ending)),
    entries: [{ id, fields: encodeRunEnd(status, reason) }],
    lengthMax,
    expireMs: state.ttlMs,
  };
}
