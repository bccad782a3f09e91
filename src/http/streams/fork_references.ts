/**
 * Which forks a stream has. A stream that is deleted while one of them lives stays as a tombstone: its URL answers 410 and
 * cannot be used anew (PROTOCOL 4.2). A fork holds its own copy of what it inherited, so the tombstone holds no bytes.
 *
 * The names of the forks are a journal of their own, because there may be more than fit into a state, and are looked up
 * only when something is deleted: a fork that has expired needs nobody to say so.
 *
 * @module
 */

import { type Entry, fieldValue } from "../../domain/entry.ts";
import type { JournalAddress, JournalSnapshot } from "../../domain/journal.ts";
import { JournalChangedError, JournalMissingError } from "../../domain/journal_errors.ts";
import { readState } from "./stream_state.ts";
import { journalOf, type LoadedStream, type StreamContext } from "./stream_context.ts";

/** How many forks of one stream are remembered; the newest. */
const FORKS_MAX = 100_000;

/** How many names are read at once. */
const PAGE = 100;

/** How long the forks of a stream that itself expires are remembered, in ms: a year. */
const REMEMBERED_MS = 31_536_000_000;

const NO_STATE = "{}";

function forksOf(source: string): JournalAddress {
  return { space: "stream-forks", name: source };
}

/** Remembers that a stream is about to have a fork. @param options The fork's name, and the source as it was seen. */
export async function rememberFork(
  { broker }: StreamContext,
  source: string,
  { fork, loaded }: { readonly fork: string; readonly loaded: LoadedStream },
): Promise<void> {
  const { ttlSeconds, expiresAt } = loaded.state.lifetime;
  const write = {
    entries: [{ fields: ["fork", fork, "of", loaded.snapshot.incarnation] }],
    lengthMax: FORKS_MAX,
    // Written each time, so that its version tells whether names were added.
    state: NO_STATE,
    expireMs: ttlSeconds === null && expiresAt === null ? null : REMEMBERED_MS,
  };
  const { created } = await broker.createJournal(forksOf(source), write);
  if (created) return;
  try {
    await broker.changeJournal(forksOf(source), write);
  } catch (error) {
    if (!(error instanceof JournalMissingError)) throw error;
    await broker.createJournal(forksOf(source), write);
  }
}

/** Whether a fork of this life of a stream still is there. Names of those that are not are forgotten, the oldest first. */
export async function hasForks(
  { broker }: StreamContext,
  source: string,
  { incarnation }: { readonly incarnation: string },
): Promise<boolean> {
  for (;;) {
    const page = await broker.readJournal(forksOf(source), { count: PAGE });
    if (page === null || page.entries.length === 0) return false;
    for (const [index, entry] of page.entries.entries()) {
      if (!await isFork(broker, entry, { source, incarnation })) continue;
      if (index > 0) await forgetForks(broker, page.snapshot, { names: index });
      return true;
    }
    await forgetForks(broker, page.snapshot, { names: page.entries.length });
  }
}

/**
 * Removes the tombstone of a stream when none of its forks is left, and so on for what it was itself forked from.
 *
 * @param source The name of the stream; `null` does nothing.
 */
export async function releaseSource(context: StreamContext, source: string | null): Promise<void> {
  const { broker } = context;
  for (let name = source; name !== null;) {
    const snapshot = await broker.loadJournal(journalOf(name));
    if (snapshot === null) return;
    const state = readState(snapshot);
    if (state.phase !== "deleted" || await hasForks(context, name, snapshot)) return;
    try {
      const { version: ifVersion, incarnation: ifIncarnation } = snapshot;
      await broker.deleteJournal(journalOf(name), { ifVersion, ifIncarnation });
    } catch (error) {
      // Somebody else has removed it, and it is made anew.
      if (error instanceof JournalChangedError) return;
      throw error;
    }
    await broker.deleteJournal(forksOf(name));
    name = state.fork?.source ?? null;
  }
}

async function isFork(
  broker: StreamContext["broker"],
  entry: Entry,
  { source, incarnation }: { readonly source: string; readonly incarnation: string },
): Promise<boolean> {
  const name = fieldValue(entry.fields, "fork");
  if (typeof name !== "string" || fieldValue(entry.fields, "of") !== incarnation) return false;
  const snapshot = await broker.loadJournal(journalOf(name));
  if (snapshot === null) return false;
  const { fork } = readState(snapshot);
  return fork?.source === source && fork.incarnation === incarnation;
}

/** Forgets the oldest names, unless others were remembered meanwhile: the next look does it then. */
async function forgetForks(
  broker: StreamContext["broker"],
  { journal, version, incarnation, length }: JournalSnapshot,
  { names }: { readonly names: number },
): Promise<void> {
  try {
    await broker.changeJournal(journal, {
      lengthMax: length - names,
      state: NO_STATE,
      ifVersion: version,
      ifIncarnation: incarnation,
    });
  } catch (error) {
    if (error instanceof JournalMissingError || error instanceof JournalChangedError) return;
    throw error;
  }
}
