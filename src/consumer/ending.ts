/**
 * How a consumer lets go: at a stop what runs may finish and the rest is handed back, after it was fenced nothing is, and
 * none of it is waited for longer than a stop may take. All that is open is closed here.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import { recoveryOf } from "../domain/errors.ts";
import type { Pool } from "../workers/pool.ts";
import type { Answers } from "./answers.ts";
import type { Committer } from "./committer.ts";
import type { EffectsOptions } from "./effects_options.ts";
import type { LeaseKeeper } from "./lease_keeper.ts";
import type { LossWatch } from "./loss_watch.ts";
import type { Mirror } from "./mirror.ts";
import type { Opening } from "./opening.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import type { Reader } from "./reader.ts";
import { type Timers, within } from "./timers.ts";

/** How long handing back may take at a stop, in ms; a lease that was not handed back runs out by itself. */
const RELEASE_MS_MAX = 350;

/** How long the read under way and the last save may hold up a stop, in ms; all steps of a stop take below a second. */
const END_MS_MAX = 200;

/** How long after a failure it is tried again to hand back, in ms. */
const HAND_BACK_AGAIN_MS = 1_000;

/** What an {@linkcode Ending} ends. */
export interface EndingOptions {
  /** Those of the consumer. */
  readonly options: ResolvedConsumerOptions;
  /** What its handlers work on. */
  readonly pool: Pool;
  /** {@linkcode EffectsOptions.onAbandon} */
  readonly onAbandon: EffectsOptions["onAbandon"];
  /** Whom its calls answer. */
  readonly answers: Answers;
  /** Its place in the group. */
  readonly opening: Opening;
  /** What it reads. */
  readonly reader: Reader;
  /** What it commits. */
  readonly committer: Committer;
  /** What it renews. */
  readonly leases: LeaseKeeper;
  /** What it looks for. */
  readonly losses: LossWatch;
  /** Its separate checkpoint store, if there is one. */
  readonly mirror: Mirror | null;
  /** What it waits for. */
  readonly timers: Timers;
}

/** The end of one consumer. */
export class Ending {
  readonly #parts: EndingOptions;
  #draining = false;
  #disposed = false;
  /** All is let go of: nothing is left to be handed back. */
  #released = false;

  /** @param parts What it ends. */
  constructor(parts: EndingOptions) {
    this.#parts = parts;
  }

  /** `requestDrain` */
  drain(): void {
    const { answers, options, pool, reader, timers } = this.#parts;
    if (!this.#draining) {
      this.#draining = true;
      timers.after(options.graceMs, () => answers.send({ type: "clock.graceOver" }));
    }
    const unstarted = pool.drain();
    // Others need not wait for the handlers here. Where none runs, all is handed back now.
    if (pool.load.running > 0) this.#handBack(unstarted);
    else reader.close().catch((error: unknown) => answers.note(error));
    answers.sendLoad();
  }

  /** `requestRelease` */
  release(request: number): void {
    const { answers, committer, leases, losses, onAbandon, opening, options } = this.#parts;
    const { pool, reader, timers } = this.#parts;
    this.#released = true;
    onAbandon(pool.load.running);
    pool.abandon("stopped");
    committer.forget();
    leases.stop();
    losses.stop();
    timers.after(RELEASE_MS_MAX, () => answers.send({ type: "broker.released", request }));
    answers.run(request, async () => {
      await reader.close();
      const { membership } = opening;
      if (membership !== null) {
        reader.take();
        await options.broker.release(membership, "all");
      }
      return { type: "broker.released", request };
    });
  }

  /** `handBackUnstarted` */
  handBack(): void {
    const { answers, pool } = this.#parts;
    const unstarted = pool.handBack();
    answers.sendLoad();
    this.#handBack(unstarted);
  }

  /**
   * The leases of what could not be handed back run out. Not so of what only waits at the broker for this consumer: it is
   * renewed with what runs here, so that it is handed back as soon as the broker can be reached, if nothing is read by then.
   */
  #handBack(unstarted: readonly EntryId[]): void {
    const { answers, reader, timers } = this.#parts;
    reader.handBack(unstarted).catch((error: unknown) => {
      answers.note(error);
      if (recoveryOf(error) === "fatal" || this.#released) return;
      timers.after(HAND_BACK_AGAIN_MS, () => {
        if (reader.isClosed && !this.#released) this.#handBack([]);
      });
    });
  }

  /** `abandonInFlight` */
  abandon(): void {
    const { committer, pool, reader } = this.#parts;
    pool.abandon("fenced");
    reader.take();
    committer.forget();
  }

  /** Ends everything that is open. The machine hears nothing more. Idempotent. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const { answers, leases, losses, opening, options, pool, timers } = this.#parts;
    leases.stop();
    losses.stop();
    timers.close();
    answers.close();
    pool.abandon("stopped");
    await this.#endReading();
    const { membership } = opening; // as it is now: a join may have been under way
    if (membership === null) return;
    const left = options.broker.leave(membership).catch(() => {});
    await within(options.clock, END_MS_MAX / 4, left);
  }

  /** A call to a silent broker may take longer than a stop may; its answer is not waited for then. */
  async #endReading(): Promise<void> {
    const { mirror, options, reader } = this.#parts;
    const ended = Promise.all([reader.close().catch(() => {}), mirror?.close()]);
    await within(options.clock, END_MS_MAX, ended);
  }
}
