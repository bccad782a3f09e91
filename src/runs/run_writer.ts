/**
 * Stores the events of one run of this process, in the background and in order. Nothing that the store does reaches the
 * run: what fails is tried again, the same entries under the same token, so that nothing is ever stored twice.
 *
 * Every write names the version of the run's state. So a run that another process has ended meanwhile (because this one
 * had lost touch for too long) takes nothing more, and a wish to cancel it is seen with the next write at the latest.
 *
 * @module
 */

import { JournalChangedError, JournalMissingError } from "../domain/journal_errors.ts";
import type { JournalSnapshot } from "../domain/journal.ts";
import { printable } from "../domain/printable.ts";
import { runJournal } from "../domain/run.ts";
import { encodeRunState, type RunState, runStateOf } from "../domain/run_state.ts";
import type { TroubleSpell } from "../domain/trouble_spell.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { Log } from "../ports/log.ts";
import { CHUNK_BYTES_MAX, CHUNK_EVENTS_MAX } from "./event_chunks.ts";
import { passesByItself, type PatienceContext, pause } from "./patience.ts";
import type { RunLog } from "./run_log.ts";
import { RunMemory } from "./run_memory.ts";

/** What became of the run in the store: all is stored; it is not this process's any more; or it was given up. */
export type WriterEnd = "stored" | "lost" | "abandoned";

/** What a writer needs. */
export interface RunWriterOptions extends PatienceContext {
  /** Where. */
  readonly broker: JournalStore;
  /** Its id. */
  readonly run: string;
  /** The run at its start. */
  readonly state: RunState;
  /** It in the store, `null` when it is to be made there. */
  readonly snapshot: JournalSnapshot | null;
  /** Its newest events. */
  readonly events: RunLog;
  /** How many events are kept. */
  readonly lengthMax: number;
  /** Where it is said. */
  readonly log: Log;
  /** That of all runs of this process: their broker is one, and is away for all of them at once. */
  readonly trouble: TroubleSpell;
  /** Called when the run was made in the store. */
  readonly onCreated: () => void;
  /** Called with the run's state when somebody else has changed it; `null`: the run is not ours or gone. */
  readonly onForeignState: (state: RunState | null) => void;
}

/** Stores one run. */
export class RunWriter {
  /** How it ended. Never rejects. */
  readonly finished: Promise<WriterEnd>;
  readonly #options: RunWriterOptions;
  readonly #abandoned = new AbortController();
  readonly #mark: string;
  #tokens = 0;
  #final: RunState | null = null;
  #snapshot: JournalSnapshot | null = null;
  #wake = Promise.withResolvers<void>();

  /** Begins at once. */
  constructor(options: RunWriterOptions) {
    this.#options = options;
    this.#snapshot = options.snapshot;
    this.#mark = options.random.uniqueText();
    this.finished = this.#work();
  }

  /** The run as it was stored last, `null` before that. */
  get snapshot(): JournalSnapshot | null {
    return this.#snapshot;
  }

  /** There is something to store. */
  wake(): void {
    this.#wake.resolve();
  }

  /** The run has ended: this is stored with the last of its events. */
  finish(final: RunState): void {
    this.#final ??= final;
    this.wake();
  }

  /** Gives up what is not stored yet. */
  abandon(): void {
    this.#abandoned.abort();
    this.wake();
  }

  async #work(): Promise<WriterEnd> {
    await Promise.resolve(); // whoever makes a writer knows it before he hears of it
    const end = this.#snapshot === null ? await this.#create() : null;
    if (end !== null) return end;
    this.#options.onCreated();
    for (;;) {
      if (this.#abandoned.signal.aborted) return "abandoned";
      this.#wake = Promise.withResolvers();
      const { events } = this.#options;
      if (events.waitingCount === 0 && this.#final === null) {
        await this.#wake.promise;
        await this.#afterFollowers();
        continue;
      }
      const end = await this.#writeSome();
      if (end !== null) return end;
    }
  }

  /**
   * Lets the sockets of those who follow have the event first: a store in a file is written within this very thread, which
   * takes as long as sending it to hundreds.
   */
  #afterFollowers(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(0, resolve));
  }

  /** @returns How it ended, `null` when it goes on. */
  async #create(): Promise<WriterEnd | null> {
    const { broker, run, state } = this.#options;
    const made = { state: encodeRunState(state), token: this.#nextToken() };
    const answer = await this.#insist(() => broker.createJournal(runJournal(run), made));
    if (answer === null) return "abandoned";
    if (!answer.created) {
      this.#options.onForeignState(null);
      return "lost";
    }
    this.#snapshot = answer.snapshot;
    return null;
  }

  /** @returns How it ended, `null` when it goes on. */
  async #writeSome(): Promise<WriterEnd | null> {
    const { broker, run, events, lengthMax } = this.#options;
    const entries = events.take({ eventsMax: CHUNK_EVENTS_MAX, bytesMax: CHUNK_BYTES_MAX });
    // The end goes with the last events, and not before they are all there.
    const final = entries.length === events.waitingCount ? this.#final : null;
    if (final?.ttlMs) await this.#remember(final.ttlMs);
    const token = this.#nextToken();
    const answer = await this.#insist(async () => {
      const snapshot = this.#snapshot;
      try {
        return await broker.changeJournal(runJournal(run), {
          entries,
          lengthMax,
          token,
          ...(snapshot === null
            ? {}
            : { ifVersion: snapshot.version, ifIncarnation: snapshot.incarnation }),
          ...(final === null ? {} : { state: encodeRunState(final), expireMs: final.ttlMs }),
        });
      } catch (error) {
        if (error instanceof JournalMissingError) return this.#lose(null);
        if (error instanceof JournalChangedError) return this.#adopt(error.snapshot);
        throw error;
      }
    });
    if (answer === null) return "abandoned";
    if (answer === "lost") return "lost";
    if (answer === "again") return null;
    this.#snapshot = answer.snapshot;
    events.landed();
    return final === null ? null : "stored";
  }

  /** Somebody else has changed the run: goes on with what is there, if it is still ours. */
  #adopt(snapshot: JournalSnapshot): "again" | "lost" {
    if (snapshot.incarnation !== this.#snapshot?.incarnation) return this.#lose(null);
    const state = runStateOf(snapshot);
    if (state.status !== "running" || state.owner !== this.#options.state.owner) {
      return this.#lose(state);
    }
    this.#snapshot = snapshot;
    this.#options.onForeignState(state);
    return "again";
  }

  #lose(state: RunState | null): "lost" {
    this.#options.onForeignState(state);
    return "lost";
  }

  /** So that who comes too late is told; that this fails is no reason not to store the run. */
  async #remember(ttlMs: number): Promise<void> {
    const { broker, run, log } = this.#options;
    try {
      await new RunMemory(broker).remember(run, ttlMs);
    } catch (error) {
      log.log("debug", "a run's expiry could not be noted", { run, error: textOf(error) });
    }
  }

  /** Makes a call until it is answered. @returns `null` when it was given up. */
  async #insist<Answer>(call: () => Promise<Answer>): Promise<Answer | null> {
    const { log, clock, random, trouble } = this.#options;
    const { signal } = this.#abandoned;
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const answer = await call();
        if (failures > 1 && trouble.ends()) log.log("info", "runs are stored again");
        return answer;
      } catch (error) {
        this.#troubled(error, failures);
        await pause({ clock, random, error, failures, signal });
      }
    }
    return null;
  }

  /** What passes by itself is told once for all runs, anything else once for each. */
  #troubled(error: unknown, failures: number): void {
    const { log, run, clock, trouble } = this.#options;
    const begins = trouble.begins(clock.nowMs());
    if (failures === 1 && !passesByItself(error)) {
      log.log("warn", "a run cannot be stored", { run, error: textOf(error) });
    } else if (begins) {
      log.log("warn", "runs cannot be stored for now", { run, error: textOf(error) });
    }
  }

  #nextToken(): string {
    return `${this.#mark}:${++this.#tokens}`;
  }
}

/** A line of a terminal or two: what the broker refuses, and what helps. */
function textOf(error: unknown): string {
  return error instanceof Error ? printable(`${error.name}: ${error.message}`, 300) : typeof error;
}
