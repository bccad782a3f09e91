/**
 * What every route of streams works with.
 *
 * @module
 */

import type { JournalAddress, JournalSnapshot } from "../../domain/journal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { Random } from "../../ports/random.ts";
import type { StreamsLimits } from "./limits.ts";
import { streamGone, streamMissing, tryLater } from "./refusals.ts";
import { readState, type StreamState } from "./stream_state.ts";
import type { LiveReaders } from "./live_readers.ts";
import type { Turns } from "./turns.ts";

/** What every route works with. */
export interface StreamContext {
  /** Where the streams are. */
  readonly broker: JournalStore;
  /** What every stream's path begins with. */
  readonly basePath: string;
  /** What is bounded. */
  readonly limits: StreamsLimits;
  /** The time. */
  readonly clock: Clock;
  /** Chance: marks of calls, jitter. */
  readonly random: Random;
  /** Who reads live. */
  readonly liveReaders: LiveReaders;
  /** Who writes to which stream. */
  readonly turns: Turns;
  /** What a response may be kept for by others than its reader. */
  readonly cacheScope: "private" | "public";
}

/** A stream at one moment. */
export interface LoadedStream {
  readonly snapshot: JournalSnapshot;
  readonly state: StreamState;
}

/** The journal of a stream. */
export function journalOf(name: string): JournalAddress {
  return { space: "streams", name };
}

/**
 * A stream as it is now.
 *
 * @throws {ProblemError} When there is none (404), it was deleted (410), or it is a fork that is not complete yet (503).
 */
export async function loadStream(context: StreamContext, name: string): Promise<LoadedStream> {
  return streamOf(await context.broker.loadJournal(journalOf(name)));
}

/**
 * The stream of a snapshot.
 *
 * @throws {ProblemError} As {@linkcode loadStream}.
 */
export function streamOf(snapshot: JournalSnapshot | null): LoadedStream {
  if (snapshot === null) throw streamMissing();
  const state = readState(snapshot);
  if (state.phase === "deleted") throw streamGone();
  if (state.phase === "copying") throw tryLater("FORK_INCOMPLETE", "The fork is being made");
  return { snapshot, state };
}
