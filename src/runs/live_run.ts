/**
 * A run that this process executes: its code, its events and how it ends.
 *
 * @module
 */

import { ENTRY_ID_MAX, ENTRY_ID_ZERO, type EntryId } from "../domain/entry_id.ts";
import { nextRunEventId, type RunEndStatus, type RunRecord } from "../domain/run.ts";
import { encodeRunEnd, encodeRunEvent } from "../domain/run_event.ts";
import type { TroubleSpell } from "../domain/trouble_spell.ts";
import { RunAbortedError, RunEndedError } from "../domain/run_errors.ts";
import { runReason, runRecord, type RunState, runStateOf } from "../domain/run_state.ts";
import type { JournalSnapshot } from "../domain/journal.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { JournalNews } from "../ports/journal_watch.ts";
import type { Log } from "../ports/log.ts";
import { endedState } from "./ending.ts";
import type { PatienceContext } from "./patience.ts";
import type { CodedRunKind, RunContext } from "./run_definition.ts";
import { type LogBounds, RunLog } from "./run_log.ts";
import type { RunWatch, RunWatcher } from "./run_watch.ts";
import { RunWriter, type WriterEnd } from "./run_writer.ts";

/** What a run needs. */
export interface LiveRunOptions extends PatienceContext {
  /** Where. */
  readonly broker: JournalStore;
  /** Its id. */
  readonly run: string;
  /** It in the store, `null` when it is still to be made there. */
  readonly snapshot: JournalSnapshot | null;
  /** How many events are kept. */
  readonly lengthMax: number;
  /** How much may wait to be stored. */
  readonly buffer: LogBounds;
  /** How long its code may go on after it was told to end, in ms. */
  readonly cancelMs: number;
  /** The watch of this process. */
  readonly watch: RunWatch;
  /** What keeps runs of this process from being stored. */
  readonly trouble: TroubleSpell;
  /** Where it is said. */
  readonly log: Log;
}

/** A run of this process. */
export class LiveRun implements RunWatcher {
  /** Its newest events. */
  readonly events: RunLog;
  /** Stores it. */
  readonly writer: RunWriter;
  /** Resolves when its code has ended, or it was ended without that. */
  readonly ended: Promise<void>;
  readonly #options: LiveRunOptions;
  readonly #controller = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  #state: RunState;
  #cancelReason: string | null = null;

  /** Begins to store it. @param state It at its start. */
  constructor(state: RunState, options: LiveRunOptions) {
    const { broker, clock, random, run, snapshot, lengthMax, watch, log, trouble } = options;
    this.#options = options;
    this.ended = this.#ended.promise;
    this.#state = state;
    this.events = new RunLog(ENTRY_ID_ZERO, options.buffer);
    this.writer = new RunWriter({
      broker,
      run,
      state,
      snapshot,
      events: this.events,
      lengthMax,
      log,
      trouble,
      clock,
      random,
      onCreated: () => {
        // Only changes of its state are of interest: its events are its own.
        if (this.#state.status === "running") {
          watch.add(run, { afterId: ENTRY_ID_MAX, watcher: this });
        }
      },
      onForeignState: (state) => this.#take(state),
    });
  }

  /** Executes its code. Never rejects. */
  async execute(definition: CodedRunKind, input: unknown): Promise<WriterEnd> {
    const context: RunContext = {
      run: this.#options.run,
      signal: this.#controller.signal,
      emit: (type, data) => this.#emit(type, data),
    };
    this.#execute(definition, { context, input });
    await this.ended;
    return await this.writer.finished;
  }

  /** Tells its code to end, and ends it when it does not. @returns `false` when it has ended. */
  cancel(reason: string): boolean {
    if (this.#state.status !== "running") return false;
    if (this.#cancelReason !== null) return true;
    this.#cancelReason = runReason(reason);
    const { run, cancelMs } = this.#options;
    this.endWithin(cancelMs);
    this.#controller.abort(new RunAbortedError(run, this.#cancelReason));
    return true;
  }

  /** Ends it when its code, which was told to, has not done so by then. */
  endWithin(delayMs: number): void {
    const end = () => this.#end("cancelled", this.#cancelReason);
    const timer = this.#options.clock.after(delayMs, end);
    this.ended.then(() => timer.cancel());
  }

  /** What is known of it here, which may be more than is stored. */
  get record(): RunRecord {
    const { length = 0, firstId = null, expiresInMs = null } = this.writer.snapshot ?? {};
    const { lastId } = this.events;
    return runRecord(this.#options.run, this.#state, { length, firstId, lastId, expiresInMs });
  }

  news({ snapshot }: JournalNews): void {
    this.#take(snapshot === null ? null : runStateOf(snapshot));
  }

  broken(): void {
    // The next write tells what the watch would have told.
  }

  async #execute(
    definition: CodedRunKind,
    { context, input }: { readonly context: RunContext; readonly input: unknown },
  ): Promise<void> {
    try {
      await Promise.resolve(); // whoever started it is told its id first
      await definition.start(context, input);
      if (this.#cancelReason === null) this.#end("completed", null);
    } catch (error) {
      if (this.#cancelReason === null) this.#end("failed", runReason(messageOf(error)));
    }
    if (this.#cancelReason !== null) this.#end("cancelled", this.#cancelReason);
  }

  #emit(type: string, data: unknown): EntryId {
    const { run, clock } = this.#options;
    const { status } = this.#state;
    if (status !== "running") throw new RunEndedError(run, status);
    const fields = encodeRunEvent({ type, data });
    // A getter of the data may have ended the run, or emitted an event of its own.
    const id = nextRunEventId(this.events.lastId, clock.nowMs());
    this.events.push(id, fields);
    this.writer.wake();
    return id;
  }

  #end(status: RunEndStatus, reason: string | null): void {
    if (this.#state.status !== "running") return;
    const { clock, watch, run } = this.#options;
    const nowMs = clock.nowMs();
    this.#state = endedState(this.#state, { status, reason, nowMs });
    this.events.push(nextRunEventId(this.events.lastId, nowMs), encodeRunEnd(status, reason));
    this.events.close({ status, reason });
    watch.remove(run, this);
    this.writer.finish(this.#state);
    this.#ended.resolve();
  }

  /** Somebody else has changed it: wants it cancelled, has ended it, or has deleted it. */
  #take(state: RunState | null): void {
    if (this.#state.status !== "running") return;
    if (state?.status === "running" && state.owner === this.#state.owner) {
      if (state.cancelReason !== null) this.cancel(state.cancelReason);
      return;
    }
    const { clock, watch, run, log } = this.#options;
    const status = state === null || state.status === "running" ? "deleted" : state.status;
    const reason = state?.reason ?? null;
    const nowMs = clock.nowMs();
    const known = status === "deleted" ? "interrupted" : status;
    this.#state = endedState(this.#state, { status: known, reason, nowMs });
    log.log("warn", "a run was ended by another process", { run, status });
    this.events.close({ status, reason });
    watch.remove(run, this);
    this.writer.abandon();
    this.#controller.abort(new RunAbortedError(run, `it is ${status}`));
    this.#ended.resolve();
  }
}

function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something was thrown that cannot be shown";
  }
}
