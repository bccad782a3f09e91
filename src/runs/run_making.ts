/**
 * A run at its start, and making it in the store.
 *
 * @module
 */

import type { JournalSnapshot } from "../domain/journal.ts";
import { checkRunKind, runJournal } from "../domain/run.ts";
import { RunExistsError } from "../domain/run_errors.ts";
import { encodeRunState, type RunState } from "../domain/run_state.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import { type PatienceContext, repeated } from "./patience.ts";

/** How long making a run is tried, in ms. */
const MAKE_MS = 5_000;

/** A run at its start. @throws {InvalidRunKindError} When its kind cannot be. */
export function newRunState(
  kind: string,
  facts: {
    readonly owner: string | null;
    readonly ttlMs: number | null;
    readonly nowMs: number;
  },
): RunState {
  return {
    kind: checkRunKind(kind),
    status: "running",
    startedAtMs: facts.nowMs,
    endedAtMs: null,
    reason: null,
    owner: facts.owner,
    cancelReason: null,
    ttlMs: facts.ttlMs,
  };
}

/**
 * Makes a run.
 *
 * @throws {RunExistsError} When there is one of this id.
 * @throws {BrokerUnavailableError} or {UnknownOutcomeError} When the broker was away for five seconds.
 */
export async function makeRun(
  broker: JournalStore,
  run: string,
  options: PatienceContext & { readonly state: RunState },
): Promise<JournalSnapshot> {
  const journal = runJournal(run);
  const made = { state: encodeRunState(options.state), token: options.random.uniqueText() };
  const create = () => broker.createJournal(journal, made);
  const { created, snapshot } = await repeated(create, { ...options, deadlineMs: MAKE_MS });
  if (!created) throw new RunExistsError(run);
  return snapshot;
}
