/**
 * Which processes execute runs, and what becomes of the runs of one that has died. Each process has one small journal that
 * vanishes, by the broker's clock, unless it is renewed every third of its lease: one renewal for all its runs. Runs whose
 * owner has vanished, and does not come back within another lease, are marked `interrupted` by whoever is first; a process
 * that has only lost touch for as long as the broker was away keeps its runs.
 *
 * @module
 */

import { JournalChangedError, JournalMissingError } from "../domain/journal_errors.ts";
import type { JournalSnapshot } from "../domain/journal.ts";
import { RUN_SPACE, runJournal } from "../domain/run.ts";
import { decodeRunState, runStateOf } from "../domain/run_state.ts";
import { printable } from "../domain/printable.ts";
import { EntryIdNotIncreasingError } from "../domain/stream_errors.ts";
import { TroubleSpell } from "../domain/trouble_spell.ts";
import type { Timer } from "../ports/clock.ts";
import type { JournalList, JournalStore } from "../ports/journal_store.ts";
import type { Log } from "../ports/log.ts";
import { endingChange } from "./ending.ts";
import { passesByItself, type PatienceContext } from "./patience.ts";
import { RunMemory } from "./run_memory.ts";

/** What is needed to look after runs. */
export interface RunOwnersOptions extends PatienceContext {
  /** Where. */
  readonly broker: JournalStore;
  /** This process: a name that no other process has, and none had before. */
  readonly owner: string;
  /** How long a process counts unless it renews that, in ms. */
  readonly leaseMs: number;
  /** How many events are kept. */
  readonly lengthMax: number;
  /** Whether this process executes a run. */
  readonly isLive: (run: string) => boolean;
  /** Where it is said. */
  readonly log: Log;
}

const SPACE = "run-owners";

const PAGE = 1_000;

/** A line of a terminal or two. */
const ERROR_LENGTH_MAX = 300;

/** All runs are looked at every so many turns, also if no owner was seen to vanish: two might have died between turns. */
const TURNS_PER_SCAN = 20;

interface Suspect {
  readonly owner: string;
  readonly sinceMs: number;
}

/** Keeps this process on the list, and marks the runs of those that are off it. */
export class RunOwners implements AsyncDisposable {
  readonly #options: RunOwnersOptions;
  readonly #suspects = new Map<string, Suspect>();
  readonly #trouble = new TroubleSpell();
  #living: ReadonlySet<string> = new Set();
  #turns = 0;
  #timer: Timer | null = null;
  #turn: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Begins at once. */
  constructor(options: RunOwnersOptions) {
    this.#options = options;
    this.#turnIn(0);
  }

  /** Takes this process off the list. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#turn;
    const { broker, owner } = this.#options;
    // The lease runs out by itself where this cannot be said.
    await broker.deleteJournal({ space: SPACE, name: owner }).catch(() => {});
  }

  #turnIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      const next = () => this.#turnIn(Math.floor(this.#options.leaseMs / 3));
      this.#turn = this.#look().catch((error: unknown) => this.#blind(error)).then(next);
    });
  }

  /** Who could not look cannot say who was away meanwhile. */
  #blind(error: unknown): void {
    const { log, clock } = this.#options;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
    const fields = { error: printable(text, ERROR_LENGTH_MAX) };
    const begins = this.#trouble.begins(clock.nowMs());
    // A missing right, say: nobody would learn of it before the first request, and nothing else sets it right.
    if (begins && !passesByItself(error)) log.log("error", "runs cannot be looked after", fields);
    else log.log("debug", "runs cannot be looked after for now", fields);
    this.#suspects.clear();
    this.#turns = 0;
  }

  async #look(): Promise<void> {
    await this.#renew();
    this.#trouble.ends();
    const living = new Set<string>();
    for await (const { journal } of this.#journals(SPACE)) living.add(journal.name);
    const hasVanished = [...this.#living].some((owner) => !living.has(owner));
    this.#living = living;
    if (this.#turns++ % TURNS_PER_SCAN === 0 || hasVanished) await this.#suspect();
    const nowMs = this.#options.clock.nowMs();
    for (const [run, { owner, sinceMs }] of [...this.#suspects]) {
      if (this.#isExecuted(run, owner)) this.#suspects.delete(run);
      else if (nowMs - sinceMs >= this.#options.leaseMs) await this.#interrupt(run, owner);
    }
  }

  async #renew(): Promise<void> {
    const { broker, owner, leaseMs } = this.#options;
    const journal = { space: SPACE, name: owner };
    try {
      await broker.changeJournal(journal, { expireMs: leaseMs });
    } catch (error) {
      if (!(error instanceof JournalMissingError)) throw error;
      await broker.createJournal(journal, { state: "{}", expireMs: leaseMs });
    }
  }

  /** What was made for this process and never got here, because the answer was lost, is executed by nobody either. */
  #isExecuted(run: string, owner: string): boolean {
    return owner === this.#options.owner ? this.#options.isLive(run) : this.#living.has(owner);
  }

  async #suspect(): Promise<void> {
    const nowMs = this.#options.clock.nowMs();
    for await (const { journal, state } of this.#journals(RUN_SPACE)) {
      const decoded = decodeRunState(state);
      if (decoded.kind !== "valid" || decoded.state.status !== "running") continue;
      const { owner } = decoded.state;
      if (owner === null || this.#isExecuted(journal.name, owner)) continue;
      if (this.#suspects.has(journal.name)) continue;
      this.#suspects.set(journal.name, { owner, sinceMs: nowMs });
    }
  }

  /** Exactly once, whoever else tries: the version of its state is raised by who comes first. */
  async #interrupt(run: string, owner: string): Promise<void> {
    const { broker, clock, random, lengthMax, log } = this.#options;
    this.#suspects.delete(run);
    const snapshot = await broker.loadJournal(runJournal(run));
    if (snapshot === null) return;
    const state = runStateOf(snapshot);
    if (state.status !== "running" || state.owner !== owner) return;
    const reason = "the process that executed it is gone";
    if (state.ttlMs !== null) await new RunMemory(broker).remember(run, state.ttlMs);
    const ending = { status: "interrupted", reason, nowMs: clock.nowMs(), lengthMax } as const;
    const { version: ifVersion, incarnation: ifIncarnation } = snapshot;
    try {
      await broker.changeJournal(runJournal(run), {
        ...endingChange(snapshot, ending),
        ifVersion,
        ifIncarnation,
        token: random.uniqueText(),
      });
      log.log("warn", "a run was interrupted, its process is gone", { run, owner });
    } catch (error) {
      const isOthers = error instanceof JournalChangedError ||
        error instanceof JournalMissingError || error instanceof EntryIdNotIncreasingError;
      if (!isOthers) throw error;
    }
  }

  async *#journals(space: string): AsyncGenerator<JournalSnapshot> {
    let after: string | null = null;
    do {
      const page: JournalList = await this.#options.broker.listJournals(space, {
        limit: PAGE,
        ...(after === null ? {} : { after }),
      });
      yield* page.journals;
      after = page.next;
    } while (after !== null);
  }
}
