/**
 * Keeps a separate checkpoint store up to date, behind the commits: only the latest checkpoint is saved, a failed save
 * is tried again, and nobody waits for it. While the store is down, acknowledgements go on.
 *
 * @module
 */

import { backoffMs, BROKER_BACKOFF } from "../domain/backoff.ts";
import type { Checkpoint } from "../domain/checkpoint.ts";
import { BrokerUnavailableError, TidemarkError } from "../domain/errors.ts";
import type { CheckpointStore } from "../ports/checkpoint_store.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { within } from "./timers.ts";
import type { Report } from "./report.ts";

/** How long the last save may hold up a stop, in ms; the next start finds the broker's own checkpoint further. */
const CLOSE_MS_MAX = 400;

/** How long a call of the store may take, in ms: ours fail sooner, but one of the user's own may never answer. */
const CALL_MS_MAX = 5_000;

/** What a mirror needs. */
export interface MirrorOptions {
  /** The separate store. */
  readonly store: CheckpointStore;
  /** Time. */
  readonly clock: Clock;
  /** Chance, for the jitter. */
  readonly random: Random;
  /** Whom to tell. */
  readonly report: (report: Report) => void;
}

/** Keeps one separate checkpoint store up to date. */
export class Mirror {
  readonly #options: MirrorOptions;
  #latest: Checkpoint | null = null;
  #saving: Promise<void> | null = null;
  #timer: Timer | null = null;
  readonly #deadlines = new Set<Timer>();
  #failures = 0;
  #closed = false;
  /** Closed, and nobody waits for the last save any more. */
  #isOver = false;

  /** @param options Store, time, whom to tell. */
  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  /**
   * Loads what the store holds.
   *
   * @returns `null` for nothing, and also when the store is down: the broker's own checkpoint then decides.
   */
  async load(stream: string, group: string): Promise<unknown> {
    try {
      return await this.#answered(this.#options.store.load(stream, group));
    } catch (error) {
      this.#noteFailure(error);
      return null;
    }
  }

  /** Moves an unusable value aside; a store that is down is asked again at the next start. */
  async quarantine(stream: string, group: string): Promise<void> {
    try {
      await this.#answered(this.#options.store.quarantine(stream, group));
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Saves a checkpoint some time soon; a newer one takes its place. */
  save(checkpoint: Checkpoint): void {
    this.#latest = checkpoint;
    if (this.#timer === null) this.#start();
  }

  /** Saves what is left, once, and stops. A store that does not answer in time is left behind. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
    await within(this.#options.clock, CLOSE_MS_MAX, this.#finish());
    this.#isOver = true;
    for (const deadline of this.#deadlines) deadline.cancel();
  }

  /** Waits for an answer, but not for ever: a save that is sent again does no harm. */
  async #answered<Answer>(call: Promise<Answer>): Promise<Answer> {
    const late = Promise.withResolvers<never>();
    const deadline = this.#options.clock.after(
      CALL_MS_MAX,
      () => late.reject(new BrokerUnavailableError("reach the checkpoint store", "ETIMEDOUT")),
    );
    this.#deadlines.add(deadline);
    try {
      return await Promise.race([call, late.promise]);
    } finally {
      deadline.cancel();
      this.#deadlines.delete(deadline);
    }
  }

  async #finish(): Promise<void> {
    await this.#saving;
    if (this.#latest !== null && !this.#isOver) await this.#saveLatest();
  }

  #start(): void {
    if (this.#saving !== null || this.#latest === null || this.#closed) return;
    this.#saving = this.#saveLatest().then(() => {
      this.#saving = null;
      if (this.#failures === 0) this.#start();
      else this.#startLater();
    });
  }

  #startLater(): void {
    if (this.#closed) return;
    const { clock, random } = this.#options;
    const waitMs = backoffMs(this.#failures, { ...BROKER_BACKOFF, random: random.next() });
    this.#timer = clock.after(waitMs, () => {
      this.#timer = null;
      this.#start();
    });
  }

  async #saveLatest(): Promise<void> {
    const checkpoint = this.#latest;
    if (checkpoint === null) return;
    try {
      await this.#answered(this.#options.store.save(checkpoint));
      if (this.#latest === checkpoint) this.#latest = null;
      if (this.#failures > 0) this.#options.report({ kind: "checkpointStoreUp" });
      this.#failures = 0;
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  #noteFailure(error: unknown): void {
    this.#failures++;
    if (this.#failures > 1) return;
    const reason = error instanceof TidemarkError ? error.code : "UNEXPECTED";
    this.#options.report({ kind: "checkpointStoreDown", reason });
  }
}
