/**
 * Deleting a run, but only one that has ended. Between looking and deleting another process may delete it and start another
 * one under its id; so what is deleted is the very life of the run that was looked at.
 *
 * @module
 */

import type { JournalSnapshot } from "../domain/journal.ts";
import { JournalChangedError, JournalDamagedError } from "../domain/journal_errors.ts";
import { runJournal } from "../domain/run.ts";
import { decodeRunState } from "../domain/run_state.ts";
import type { JournalStore } from "../ports/journal_store.ts";

/**
 * Deletes a run unless it runs. One that is damaged is deleted: nothing else can be done with it.
 *
 * @throws {InvalidRunIdError} When it cannot be one.
 */
export async function deleteUnlessRunning(
  broker: JournalStore,
  run: string,
): Promise<"deleted" | "missing" | "running"> {
  const journal = runJournal(run);
  for (;;) {
    const snapshot = await loaded(broker, run);
    if (snapshot === null) return "missing";
    if (isRunning(snapshot)) return "running";
    // Whoever has ended does not run again; only another life of it could.
    const condition = snapshot === "damaged" ? {} : { ifIncarnation: snapshot.incarnation };
    try {
      return await broker.deleteJournal(journal, condition) ? "deleted" : "missing";
    } catch (error) {
      if (!(error instanceof JournalChangedError)) throw error;
    }
  }
}

async function loaded(
  broker: JournalStore,
  run: string,
): Promise<JournalSnapshot | "damaged" | null> {
  try {
    return await broker.loadJournal(runJournal(run));
  } catch (error) {
    if (error instanceof JournalDamagedError) return "damaged";
    throw error;
  }
}

function isRunning(snapshot: JournalSnapshot | "damaged"): boolean {
  if (snapshot === "damaged") return false;
  const decoded = decodeRunState(snapshot.state);
  return decoded.kind === "valid" && decoded.state.status === "running";
}
