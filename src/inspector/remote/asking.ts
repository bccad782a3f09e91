/**
 * Asks a process elsewhere for something, and waits for what becomes of it. A request that nobody has taken in time is
 * withdrawn by deleting its journal; the broker decides which of the two came first, so the asker always knows whether
 * it may have been done.
 *
 * @module
 */

import { ENTRY_ID_ZERO } from "../../domain/entry_id.ts";
import { recoveryOf } from "../../domain/errors.ts";
import { JournalChangedError, JournalMissingError } from "../../domain/journal_errors.ts";
import type { Clock } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { JournalNews } from "../../ports/journal_watch.ts";
import type { Random } from "../../ports/random.ts";
import { CommandsOffError } from "../inspector_errors.ts";
import { encodeCall } from "./desk_record.ts";
import { DESK_LENGTH_MAX, deskOf, REQUEST_EXPIRE_MS, requestOf } from "./inspection_journals.ts";
import { PartJoiner } from "./parts.ts";
import {
  InstanceUnreachableError,
  RequestFailedError,
  RequestUnansweredError,
} from "./remote_errors.ts";
import type { RemoteWatch } from "./remote_watch.ts";
import { decodeOutcome, encodeRequest, type RemoteRequest } from "./request_record.ts";
import { retried, waited } from "./retrying.ts";

/** What is needed to ask. */
export interface AskingContext {
  /** Where. */
  readonly broker: JournalStore;
  /** The process that is asked. */
  readonly instance: string;
  /** Watches for the answer. */
  readonly watch: RemoteWatch;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
}

/** So long a request waits to be taken, in ms: nobody believes in a button that does something later. */
const TAKE_MS_MAX = 5_000;

/** So long what was taken may go on without a word, in ms. */
const ANSWER_MS_MAX = 15_000;

/** Texts of an answer that are kept: far more than a recording has. */
const TEXTS_MAX = 10_000;

/** In characters; a recording has a quarter of that. */
const TEXT_LENGTH_MAX = 67_108_864;

/**
 * Asks.
 *
 * @returns The texts of the answer, in order; empty for a command.
 * @throws {CommandsOffError} When the process takes no commands.
 * @throws {InstanceUnreachableError} When it does not answer; nothing was done, and nothing will be.
 * @throws {RequestUnansweredError} When it took the request and says nothing; it may have been done.
 * @throws {RequestFailedError} When it says that it failed.
 */
export async function ask(request: RemoteRequest, context: AskingContext): Promise<string[]> {
  const { broker, instance, watch, clock, random } = context;
  const id = random.uniqueText();
  const journal = requestOf(id);
  const answer = new Answer();
  const late = new AbortController();
  const timer = clock.after(TAKE_MS_MAX, () => late.abort());
  const retry = { clock, random, signal: late.signal };
  try {
    const options = { state: encodeRequest(request), expireMs: REQUEST_EXPIRE_MS };
    await retried(() => broker.createJournal(journal, options), retry);
    const watcher = (news: Omit<JournalNews, "journal">) => answer.hear(news);
    watch.add(journal, { afterId: ENTRY_ID_ZERO, watcher });
    const call = { fields: encodeCall({ kind: "request", id }) };
    const change = { entries: [call], lengthMax: DESK_LENGTH_MAX, token: random.uniqueText() };
    await retried(() => broker.changeJournal(deskOf(instance), change), retry);
    await waitedFor(() => answer.isTaken, { answer, ms: TAKE_MS_MAX, clock });
    if (!answer.isTaken) await withdraw(context, id);
    for (let count = -1; !answer.isOver && count < answer.count;) {
      count = answer.count;
      const hasMore = () => answer.isOver || answer.count > count;
      await waitedFor(hasMore, { answer, ms: ANSWER_MS_MAX, clock });
    }
    return answer.textsOf(instance);
  } catch (error) {
    const passes = recoveryOf(error) === "retry" || recoveryOf(error) === "unknown";
    const isCutOff = passes && !(error instanceof RequestUnansweredError);
    if (!isCutOff && !(error instanceof JournalMissingError)) throw error;
    if (answer.isTaken) throw new RequestUnansweredError(instance);
    throw await undone(context, { id, error });
  } finally {
    timer.cancel();
    watch.remove(journal);
    await broker.deleteJournal(journal).catch(() => {}); // it expires by itself
  }
}

/** Takes a request back. @throws {InstanceUnreachableError} When that is so; not when it was taken meanwhile. */
async function withdraw({ broker, instance }: AskingContext, id: string): Promise<void> {
  try {
    await broker.deleteJournal(requestOf(id), { ifVersion: 1 });
  } catch (error) {
    if (error instanceof JournalChangedError) return;
    throw error;
  }
  throw new InstanceUnreachableError(instance);
}

/** What to say when the broker could not be asked: a request that may be there still, could still be done. */
async function undone(
  context: AskingContext,
  { id, error }: { readonly id: string; readonly error: unknown },
): Promise<Error> {
  if (error instanceof InstanceUnreachableError) return error;
  try {
    await withdraw(context, id);
  } catch (withdrawn) {
    if (withdrawn instanceof InstanceUnreachableError) {
      return new InstanceUnreachableError(context.instance, { cause: error });
    }
  }
  return new RequestUnansweredError(context.instance);
}

async function waitedFor(
  holds: () => boolean,
  { answer, ms, clock }: { answer: Answer; ms: number; clock: Clock },
): Promise<void> {
  const found = new AbortController();
  const end = answer.onChange(() => {
    if (holds()) found.abort();
  });
  if (!holds()) await waited(ms, { clock, signal: found.signal });
  end();
}

/** What has come back of a request. */
class Answer {
  /** Whether the process has it, and whether it is done with it. */
  isTaken = false;
  isOver = false;
  /** How many entries have come. */
  count = 0;
  readonly #joiner = new PartJoiner();
  readonly #texts: string[] = [];
  readonly #listeners = new Set<() => void>();
  #length = 0;
  #isIncomplete = false;
  #failure: { readonly code: string; readonly message: string } | null = null;

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  hear({ gap, entries, snapshot }: Omit<JournalNews, "journal">): void {
    this.count += entries.length;
    if (gap !== null) this.#isIncomplete = true;
    for (const { fields } of entries) this.#keep(this.#joiner.take(fields)?.text);
    const outcome = snapshot === null ? null : decodeOutcome(snapshot.state);
    if (outcome !== null) this.isTaken = true;
    // The state may be ahead of the entries that were read with it.
    const isLast = snapshot !== null && (entries.at(-1)?.id ?? snapshot.lastId) === snapshot.lastId;
    if (outcome?.outcome === "done" && isLast) this.isOver = true;
    if (outcome?.outcome === "failed") [this.#failure, this.isOver] = [outcome, true];
    if (snapshot === null && !this.isOver) [this.#isIncomplete, this.isOver] = [true, true];
    for (const listener of [...this.#listeners]) listener();
  }

  textsOf(instance: string): string[] {
    if (this.#failure?.code === "COMMANDS_OFF") throw new CommandsOffError(instance);
    if (this.#failure !== null) throw new RequestFailedError(instance, this.#failure);
    if (!this.isOver || this.#isIncomplete) throw new RequestUnansweredError(instance);
    return this.#texts;
  }

  #keep(text: string | undefined): void {
    if (text === undefined) return;
    this.#length += text.length;
    const isTooMuch = this.#texts.length === TEXTS_MAX || this.#length > TEXT_LENGTH_MAX;
    if (isTooMuch) this.#isIncomplete = true;
    else this.#texts.push(text);
  }
}
