/**
 * DELETE: removes a stream; one that has forks leaves a tombstone until the last of them is gone.
 *
 * @module
 */

import type { JournalSnapshot } from "../../domain/journal.ts";
import { JournalChangedError } from "../../domain/journal_errors.ts";
import { changeStream } from "./change_stream.ts";
import { hasForks, releaseSource } from "./fork_references.ts";
import { tryLater } from "./refusals.ts";
import { journalOf, loadStream, type StreamContext, streamOf } from "./stream_context.ts";
import { writeState } from "./stream_state.ts";

/** How often others may change the stream while it is being deleted. */
const ATTEMPTS_MAX = 20;

/**
 * Answers DELETE.
 *
 * @throws {ProblemError} When it is refused.
 */
export async function deleteStream(context: StreamContext, name: string): Promise<Response> {
  return await context.turns.take(name, async () => {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const { snapshot, state } = await loadStream(context, name);
      if (await hasForks(context, name, snapshot)) {
        await bury(context, name);
        // The last fork may have gone after it was seen and before there was a tombstone to release.
        await releaseSource(context, name);
        return deleted();
      }
      if (await removed(context, name, snapshot)) {
        await releaseSource(context, state.fork?.source ?? null);
        return deleted();
      }
    }
    throw tryLater("STREAM_CONTENDED", "Too many write to the stream at a time");
  });
}

/** Leaves a tombstone: no entries, and no expiry, because the forks decide how long it stays. */
async function bury(context: StreamContext, name: string): Promise<void> {
  await changeStream(context, name, {
    decide: (snapshot) => {
      const { state } = streamOf(snapshot);
      const tombstone = { ...state, producers: [], phase: "deleted" as const };
      return { change: { state: writeState(tombstone), lengthMax: 0, expireMs: null } };
    },
  });
}

async function removed(
  { broker }: StreamContext,
  name: string,
  { version: ifVersion, incarnation: ifIncarnation }: JournalSnapshot,
): Promise<boolean> {
  try {
    await broker.deleteJournal(journalOf(name), { ifVersion, ifIncarnation });
    return true;
  } catch (error) {
    if (error instanceof JournalChangedError) return false;
    throw error;
  }
}

function deleted(): Response {
  return new Response(null, { status: 204 });
}
