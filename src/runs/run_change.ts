/**
 * Changing a run whose events come from outside, from any process. Every change takes the version of the run that it was
 * made for and raises it, so that two writers never give the same number to two events; who comes second makes his change
 * anew on what the first one left.
 *
 * @module
 */

import { JournalChangedError, JournalMissingError } from "../domain/journal_errors.ts";
import type { JournalSnapshot } from "../domain/journal.ts";
import { runJournal } from "../domain/run.ts";
import { RunEndedError } from "../domain/run_errors.ts";
import { EntryIdNotIncreasingError } from "../domain/stream_errors.ts";
import type { JournalChange, JournalChanged, JournalStore } from "../ports/journal_store.ts";
import { type PatienceContext, repeated } from "./patience.ts";

/** Longer than a broker's short trouble, shorter than the patience of who waits for an answer. */
const DEADLINE_MS = 5_000;

/** How many runs' last snapshots are kept, which saves asking for them before every change. */
const SNAPSHOTS_MAX = 1_000;

/** Versions count up from 1, and no run is changed so often. */
const NO_VERSION = Number.MAX_SAFE_INTEGER;

/** What one change is to be, on what is there; `null`: nothing is to be changed. */
export type Decision = (snapshot: JournalSnapshot) => JournalChange | null;

/** Changes runs. */
export class RunChanger {
  readonly #broker: JournalStore;
  readonly #context: PatienceContext;
  readonly #snapshots = new Map<string, JournalSnapshot>();
  /** The last change of each run under way: one after the other, because two at once would only refuse each other. */
  readonly #queues = new Map<string, Promise<unknown>>();

  /** Nothing happens before the first change. @param context Time and chance. */
  constructor(broker: JournalStore, context: PatienceContext) {
    this.#broker = broker;
    this.#context = context;
  }

  /**
   * Changes a run.
   *
   * @param decide What to change; called again where somebody else came first. What it throws ends the call.
   * @returns What was done, `null` where nothing was to be.
   * @throws {JournalMissingError} When there is none.
   */
  change(run: string, decide: Decision): Promise<JournalChanged | null> {
    const before = this.#queues.get(run) ?? Promise.resolve();
    const mine = before.then(() => this.#change(run, decide));
    const settled = mine.catch(() => {}).then(() => {
      if (this.#queues.get(run) === settled) this.#queues.delete(run);
    });
    this.#queues.set(run, settled);
    return mine;
  }

  /**
   * Changes a run under the caller's own mark: what it did before counts, also on a run that takes nothing any more.
   *
   * @throws As {@linkcode RunChanger.change}.
   */
  async changeOnce(run: string, token: string, decide: Decision): Promise<JournalChanged | null> {
    try {
      return await this.change(run, (snapshot) => {
        const change = decide(snapshot);
        return change === null ? null : { ...change, token };
      });
    } catch (error) {
      if (!(error instanceof RunEndedError)) throw error;
      const landed = await this.#landed(run, token);
      if (landed === null) throw error;
      return landed;
    }
  }

  /** Forgets what was known of a run. */
  forget(run: string): void {
    this.#snapshots.delete(run);
  }

  /** What a change with this token did, `null` where none has landed, or it is forgotten. */
  async #landed(run: string, token: string): Promise<JournalChanged | null> {
    const snapshot = await this.#load(run);
    // A version that it never had: nothing is changed, and only a known token gets an answer.
    const { incarnation: ifIncarnation } = snapshot;
    const asked = { ifVersion: NO_VERSION, ifIncarnation, token };
    try {
      return await repeated(() => this.#broker.changeJournal(runJournal(run), asked), {
        ...this.#context,
        deadlineMs: DEADLINE_MS,
      });
    } catch (error) {
      if (error instanceof JournalChangedError) return null;
      throw error;
    }
  }

  async #change(run: string, decide: Decision): Promise<JournalChanged | null> {
    const known = this.#snapshots.get(run);
    let snapshot = known ?? await this.#load(run);
    let isFresh = known === undefined;
    for (;;) {
      try {
        // What is only remembered may refuse a change that is right by now.
        const change = decided(decide, snapshot, isFresh);
        if (change === null) return null;
        if (change !== "look again") return this.#keep(await this.#send(run, snapshot, change));
        snapshot = await this.#load(run);
      } catch (error) {
        this.#snapshots.delete(run);
        if (error instanceof JournalChangedError) snapshot = error.snapshot;
        else if (error instanceof EntryIdNotIncreasingError) snapshot = await this.#load(run);
        else throw error;
      }
      isFresh = true;
    }
  }

  async #send(
    run: string,
    { version, incarnation }: JournalSnapshot,
    change: JournalChange,
  ): Promise<JournalChanged> {
    const { token = this.#context.random.uniqueText() } = change;
    const whole = { ...change, ifVersion: version, ifIncarnation: incarnation, token };
    return await repeated(() => this.#broker.changeJournal(runJournal(run), whole), {
      ...this.#context,
      deadlineMs: DEADLINE_MS,
    });
  }

  #keep(changed: JournalChanged): JournalChanged {
    const { name } = changed.snapshot.journal;
    this.#snapshots.delete(name);
    this.#snapshots.set(name, changed.snapshot);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > SNAPSHOTS_MAX && oldest !== undefined) {
      this.#snapshots.delete(oldest);
    }
    return changed;
  }

  async #load(run: string): Promise<JournalSnapshot> {
    const journal = runJournal(run);
    const snapshot = await this.#broker.loadJournal(journal);
    if (snapshot === null) throw new JournalMissingError(journal);
    return snapshot;
  }
}

function decided(
  decide: Decision,
  snapshot: JournalSnapshot,
  isFresh: boolean,
): JournalChange | null | "look again" {
  if (isFresh) return decide(snapshot);
  try {
    return decide(snapshot) ?? "look again";
  } catch {
    return "look again";
  }
}
