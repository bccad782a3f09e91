/**
 * The event store: runs and their events, on any broker. One journal per run; what is told of a run and its events
 * change together.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { JournalMissingError } from "../domain/journal_errors.ts";
import type { JournalSnapshot } from "../domain/journal.ts";
import {
  checkRunId,
  type NewRunEvent,
  nextRunEventId,
  type RunEndStatus,
  runJournal,
  type RunRecord,
} from "../domain/run.ts";
import { encodeRunEvent } from "../domain/run_event.ts";
import { RunMissingError } from "../domain/run_errors.ts";
import { encodeRunState, runReason, runRecordOf } from "../domain/run_state.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { JournalChange, JournalStore } from "../ports/journal_store.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import type {
  AddOptions,
  DeleteOptions,
  NewRun,
  RunEnd,
  RunList,
  RunListOptions,
  RunPage,
  RunRange,
  RunStore,
} from "../ports/run_service.ts";
import { addToken } from "./add_token.ts";
import { deleteUnlessRunning } from "./deleting.ts";
import { endingChange } from "./ending.ts";
import {
  checkExpireMs,
  type EventStoreOptions,
  RUN_LENGTH_MAX_DEFAULT,
  RUN_TTL_MS_DEFAULT,
} from "./event_store_options.ts";
import { eventChunks } from "./event_chunks.ts";
import { type Decision, RunChanger } from "./run_change.ts";
import { openStateOf } from "./open_run.ts";
import { listRuns } from "./run_list.ts";
import { makeRun, newRunState } from "./run_making.ts";
import { RunMemory } from "./run_memory.ts";
import { readRunPage } from "./run_page.ts";

/** Hundreds of slow followers hold one page each: together they must fit in memory. */
const AFTER_BYTES_MAX = 262_144;

/**
 * Runs and their events.
 *
 * @example A run whose events come from outside
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, EventStore } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const store = new EventStore({ broker });
 * await store.create("build-7", { kind: "build" });
 * await store.add("build-7", { type: "compiled", data: { files: 12 } });
 * await store.end("build-7");
 *
 * const { events, hasMore } = await store.getEvents("build-7", { limit: 100 });
 * assertEquals(events.map(({ type }) => type), ["compiled", "run.completed"]);
 * assertEquals(hasMore, false);
 * ```
 */
export class EventStore implements RunStore {
  readonly #broker: JournalStore;
  readonly #lengthMax: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #changer: RunChanger;
  readonly #memory: RunMemory;

  /**
   * Makes a store; nothing is sent yet.
   *
   * @throws {InvalidOptionError} When an option cannot work.
   */
  constructor(options: EventStoreOptions) {
    const { lengthMax = RUN_LENGTH_MAX_DEFAULT } = options;
    if (!Number.isSafeInteger(lengthMax) || lengthMax < 1) {
      throw new InvalidOptionError("lengthMax", lengthMax, "a whole number from 1");
    }
    this.#broker = options.broker;
    this.#lengthMax = lengthMax;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    const context = { clock: this.#clock, random: this.#random };
    this.#changer = new RunChanger(this.#broker, context);
    this.#memory = new RunMemory(this.#broker);
  }

  /**
   * Makes a run whose events come from outside.
   *
   * @throws {InvalidRunIdError} or {InvalidRunKindError} or {InvalidOptionError} When it cannot be.
   * @throws {RunExistsError} When there is one of this id.
   */
  async create(run: string, { kind, ttlMs = RUN_TTL_MS_DEFAULT }: NewRun): Promise<RunRecord> {
    const facts = { owner: null, ttlMs: checkExpireMs("ttlMs", ttlMs), nowMs: this.#clock.nowMs() };
    const state = newRunState(kind, facts);
    const context = { clock: this.#clock, random: this.#random };
    const snapshot = await makeRun(this.#broker, run, { ...context, state });
    return runRecordOf(snapshot);
  }

  /**
   * Adds events to a run whose events come from outside, in order, in changes of at most 500 events and 4 MiB. Each change
   * is all or none; when one fails, those before it stay. An event that cannot be added refuses the whole list. With an
   * `idempotencyKey` a call can be made again after any failure, also after the run has ended, and nothing is added twice.
   *
   * @returns Their ids, in order.
   * @throws {InvalidOptionError} For a key that is none, or a list too long for one.
   * @throws {InvalidRunIdError} or {InvalidRunEventError} When it cannot be.
   * @throws {RunMissingError} or {RunEndedError} or {RunOwnedError} When the run takes none.
   * @throws {UnknownOutcomeError} When nobody can know whether it was added, after five seconds of trying.
   */
  async add(
    run: string,
    events: NewRunEvent | readonly NewRunEvent[],
    { idempotencyKey }: AddOptions = {},
  ): Promise<EntryId[]> {
    checkRunId(run);
    const ids: EntryId[] = [];
    const all = isList(events) ? events : [events];
    const chunks = [...eventChunks(all.map(encodeRunEvent))];
    const token = addToken(idempotencyKey, chunks.length);
    for (const chunk of chunks) {
      const decide: Decision = (snapshot) => {
        const state = openStateOf(snapshot);
        let { lastId } = snapshot;
        const entries = chunk.map((fields) => {
          lastId = nextRunEventId(lastId, this.#clock.nowMs());
          return { id: lastId, fields };
        });
        return { state: encodeRunState(state), entries, lengthMax: this.#lengthMax };
      };
      const changed = await this.#change(run, decide, token);
      ids.push(...changed?.ids ?? []);
    }
    return ids;
  }

  /**
   * Ends a run whose events come from outside: its status, the event of its end and its expiry, all at once.
   *
   * @throws As {@linkcode EventStore.add}.
   */
  async end(run: string, { status = "completed", reason }: RunEnd = {}): Promise<RunRecord> {
    checkRunId(run);
    const why = reason === undefined ? null : runReason(reason);
    const { ttlMs } = openStateOf(await this.#load(run));
    if (ttlMs !== null) await this.#memory.remember(run, ttlMs);
    const changed = await this.#change(run, (snapshot) => {
      return this.#ending(snapshot, { status, reason: why });
    });
    return changed === null ? await this.#record(run) : runRecordOf(changed.snapshot);
  }

  /**
   * Reads events.
   *
   * @param range Which. Both ids are inclusive.
   * @throws {InvalidRunIdError} or {InvalidEntryIdError} or {InvalidOptionError} When it cannot be.
   * @throws {RunMissingError} When there is no such run, or it has expired.
   */
  async getEvents(run: string, range: RunRange): Promise<RunPage> {
    const page = await readRunPage(this.#broker, run, range);
    return page ?? await this.#missing(run);
  }

  /**
   * Reads events above an id; `0-0` for all.
   *
   * @param limit At most so many; 1 to 1,000. Fewer where they are large: of 256 KiB together, but one at least.
   * @throws As {@linkcode EventStore.getEvents}.
   */
  async getEventsAfter(run: string, afterId: EntryId, limit: number): Promise<RunPage> {
    const page = await readRunPage(this.#broker, run, {
      afterId,
      limit,
      bytesMax: AFTER_BYTES_MAX,
    });
    return page ?? await this.#missing(run);
  }

  /** What is known of a run. @throws As {@linkcode EventStore.getEvents}. */
  async get(run: string): Promise<RunRecord> {
    return await this.#record(run);
  }

  /**
   * Lists runs by the time of their creation.
   *
   * @throws {InvalidOptionError} When an option cannot work.
   */
  async list(options: RunListOptions): Promise<RunList> {
    return await listRuns(this.#broker, options);
  }

  /**
   * Lets a run expire so long from now, in ms, 1 to 100 years; `null`: it stays.
   *
   * @throws As {@linkcode EventStore.getEvents}.
   */
  async setExpire(run: string, expireMs: number | null): Promise<RunRecord> {
    const journal = runJournal(run);
    checkExpireMs("expireMs", expireMs);
    if (expireMs === null) await this.#memory.forget(run);
    else if (await this.#broker.loadJournal(journal) !== null) {
      await this.#memory.remember(run, expireMs); // before, so that it never expires unremembered
    }
    try {
      const changed = await this.#broker.changeJournal(journal, { expireMs });
      return runRecordOf(changed.snapshot);
    } catch (error) {
      if (error instanceof JournalMissingError) return await this.#missing(run);
      throw error;
    }
  }

  /**
   * Deletes a run and its events; it is as if it had never been. Idempotent.
   *
   * @param options `unlessRunning`: not one that runs, also where it was deleted and made again in this very moment.
   * @returns `false` when nothing was deleted: there is none, or it runs and may not.
   */
  async delete(run: string, { unlessRunning = false }: DeleteOptions = {}): Promise<boolean> {
    const deleted = unlessRunning
      ? await deleteUnlessRunning(this.#broker, run)
      : await this.#broker.deleteJournal(runJournal(run))
      ? "deleted"
      : "missing";
    this.#changer.forget(run);
    if (deleted !== "running") await this.#memory.forget(run);
    return deleted === "deleted";
  }

  #ending(
    snapshot: JournalSnapshot,
    end: { readonly status: RunEndStatus; readonly reason: string | null },
  ): JournalChange {
    openStateOf(snapshot);
    const nowMs = this.#clock.nowMs();
    return endingChange(snapshot, { ...end, nowMs, lengthMax: this.#lengthMax });
  }

  /** @param token The caller's own mark: what it did before counts, also on a run that takes nothing any more. */
  async #change(run: string, decide: Decision, token: string | null = null) {
    try {
      return token === null
        ? await this.#changer.change(run, decide)
        : await this.#changer.changeOnce(run, token, decide);
    } catch (error) {
      if (error instanceof JournalMissingError) return await this.#missing(run);
      throw error;
    }
  }

  async #record(run: string): Promise<RunRecord> {
    return runRecordOf(await this.#load(run));
  }

  async #load(run: string): Promise<JournalSnapshot> {
    return await this.#broker.loadJournal(runJournal(run)) ?? await this.#missing(run);
  }

  async #missing(run: string): Promise<never> {
    throw new RunMissingError(run, { hasExpired: await this.#memory.hasExpired(run) });
  }
}

function isList(
  events: NewRunEvent | readonly NewRunEvent[],
): events is readonly NewRunEvent[] {
  return Array.isArray(events);
}
