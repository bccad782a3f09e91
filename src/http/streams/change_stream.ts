/**
 * Changing a stream by deciding on what is there, and again on what is there now when somebody was faster.
 *
 * @module
 */

import { BrokerUnavailableError, UnknownOutcomeError } from "../../domain/errors.ts";
import { JournalChangedError, JournalMissingError } from "../../domain/journal_errors.ts";
import type { JournalSnapshot } from "../../domain/journal.ts";
import type { JournalChange, JournalChanged } from "../../ports/journal_store.ts";
import { tryLater } from "./refusals.ts";
import { journalOf, type StreamContext } from "./stream_context.ts";

/** How often a change is decided anew: others were faster each time, and each time one of them went on. */
const DECISIONS_MAX = 40;

/** The longest wait between two decisions, in ms. */
const WAIT_MS_MAX = 100;

/** How often a call of unknown outcome is repeated with its mark, before the caller is told to. */
const REPEATS_MAX = 3;

/** What to do with a stream: a change, or nothing but an answer. */
export type Decision<Answer> =
  | { readonly change: Omit<JournalChange, "token" | "ifVersion" | "ifIncarnation"> }
  | { readonly answer: Answer };

/** What became of it. */
export type Changed<Answer> = { readonly changed: JournalChanged } | { readonly answer: Answer };

/**
 * Changes a stream.
 *
 * @param context Where.
 * @param name Of the stream.
 * @param decide Told the journal as it is, `null` for none; may throw what the request is refused with.
 * @throws {ProblemError} When others are faster for too long (503).
 * @throws {UnknownOutcomeError} When nobody knows whether the change landed.
 */
export async function changeStream<Answer>(
  context: StreamContext,
  name: string,
  { decide }: { readonly decide: (snapshot: JournalSnapshot | null) => Decision<Answer> },
): Promise<Changed<Answer>> {
  const { broker, random } = context;
  const journal = journalOf(name);
  const token = random.uniqueText();
  let snapshot = await broker.loadJournal(journal);
  for (let decisions = 0; decisions < DECISIONS_MAX; decisions++) {
    const decision = decide(snapshot);
    if ("answer" in decision || snapshot === null) {
      if ("answer" in decision) return decision;
      throw new JournalMissingError(journal);
    }
    const { version: ifVersion, incarnation: ifIncarnation } = snapshot;
    try {
      const change = { ...decision.change, token, ifVersion, ifIncarnation };
      return {
        changed: await repeated(context, () => broker.changeJournal(journal, change)),
      };
    } catch (error) {
      if (error instanceof JournalMissingError) snapshot = null;
      else if (error instanceof JournalChangedError) snapshot = error.snapshot;
      else throw error;
    }
    await wait(context, random.next() * Math.min(WAIT_MS_MAX, 2 ** decisions));
  }
  throw tryLater("STREAM_CONTENDED", "Too many write to the stream at a time");
}

/**
 * Makes a call that carries a mark, again when nobody knows whether it landed.
 *
 * @throws {UnknownOutcomeError} When that stays unknown.
 */
export async function repeated<Result>(
  context: StreamContext,
  call: () => Promise<Result>,
): Promise<Result> {
  let doubt: UnknownOutcomeError | null = null;
  for (let repeats = 0;; repeats++) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof UnknownOutcomeError) doubt = error;
      else if (!(doubt !== null && error instanceof BrokerUnavailableError)) throw error;
    }
    if (repeats === REPEATS_MAX) throw doubt;
    await wait(context, context.random.next() * WAIT_MS_MAX);
  }
}

function wait({ clock }: StreamContext, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
