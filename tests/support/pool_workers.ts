/**
 * Workers that a test starts late, breaks and repairs, as threads do by themselves; handlers run in this isolate.
 *
 * @module
 */

import type { Delivery } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { HandlerAbortedError } from "../../src/domain/event_errors.ts";
import type { AttemptOptions, AttemptResult } from "../../src/workers/attempt.ts";
import { InlineWorker } from "../../src/workers/inline_worker.ts";
import type { Worker, WorkerListener } from "../../src/workers/worker.ts";

/** A worker under a test's control. */
export class BreakableWorker implements Worker {
  readonly #attempts: AttemptOptions;
  readonly #listener: WorkerListener;
  #inner: InlineWorker;
  #isUp: boolean;
  #end: ((result: AttemptResult) => void) | null = null;
  /** The entry that it works on, `null` for none. */
  entryId: EntryId | null = null;
  /** Whether it lost its thread and has none yet. */
  isBroken = false;
  /** Whether it was ended. */
  isDisposed = false;
  /** Until then something of it is left after its end. */
  lastsUntil: Promise<void> = Promise.resolve();

  constructor(
    attempts: AttemptOptions,
    { listener, isUp }: { readonly listener: WorkerListener; readonly isUp: boolean },
  ) {
    this.#attempts = attempts;
    this.#listener = listener;
    this.#inner = new InlineWorker(attempts);
    this.#isUp = isUp;
  }

  get isFree(): boolean {
    return this.#isUp && this.#end === null;
  }

  /** Whether it has a thread. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Ends every attempt later, as a thread does. */
  run(delivery: Delivery, failures: number): Promise<AttemptResult> {
    if (!this.isFree) throw new Error("a worker was given an attempt while it was not free");
    const { promise, resolve } = Promise.withResolvers<AttemptResult>();
    const end = (result: AttemptResult) => {
      if (this.#end !== end) return;
      this.#end = null;
      this.entryId = null;
      resolve(result);
    };
    this.#end = end;
    this.entryId = delivery.id;
    Promise.resolve(this.#inner.run(delivery, failures)).then(end);
    return promise;
  }

  abort(error: HandlerAbortedError): void {
    this.#inner.abort(error);
  }

  /** Loses its thread; its handler is never heard of again. */
  break(reason = "its thread ended"): void {
    this.#inner = new InlineWorker(this.#attempts);
    this.#isUp = false;
    this.isBroken = true;
    this.#listener.onBroken(reason);
    this.#end?.({ kind: "failed", error: new Error(reason) });
  }

  /** Has no thread after the attempt under way, and says nothing of it. */
  loseQuietly(): void {
    this.#isUp = false;
  }

  /** Has a thread, for the first time or again. */
  repair(): void {
    this.#isUp = true;
    this.isBroken = false;
    this.#listener.onFree();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isDisposed = true;
    await this.#inner[Symbol.asyncDispose]();
    await this.lastsUntil;
  }
}

/** The workers of one crew. */
export class BreakableWorkers {
  /** All that were ever made. */
  readonly all: BreakableWorker[] = [];
  /** Whether the next ones are free at once. */
  areUp = true;

  /** Those that were not ended. */
  get living(): BreakableWorker[] {
    return this.all.filter((worker) => !worker.isDisposed);
  }

  /** Makes one. */
  make(attempts: AttemptOptions, listener: WorkerListener): BreakableWorker {
    const worker = new BreakableWorker(attempts, { listener, isUp: this.areUp });
    this.all.push(worker);
    return worker;
  }

  /** One by its place among those that were ever made. */
  at(index: number): BreakableWorker {
    const worker = this.all[index];
    if (worker === undefined) throw new Error(`there is no worker ${index}`);
    return worker;
  }
}
