/**
 * A worker: the slot that runs a handler, in this isolate or in a thread of its own. It runs one attempt at a time.
 *
 * @module
 */

import type { Delivery } from "../domain/entry.ts";
import type { HandlerAbortedError } from "../domain/event_errors.ts";
import type { AttemptResult } from "./attempt.ts";

/** Runs attempts, one after the other. */
export interface Worker extends AsyncDisposable {
  /** Whether it can run an attempt now: none runs, and it is not being replaced. */
  readonly isFree: boolean;

  /**
   * Runs one attempt on an entry. Only while it is free.
   *
   * @param delivery The entry.
   * @param failures How many attempts failed before.
   * @returns What became of it; a plain result where the handler was synchronous. Never throws, never rejects. A worker
   * that breaks while it runs has failed the attempt.
   */
  run(delivery: Delivery, failures: number): AttemptResult | Promise<AttemptResult>;

  /** Tells the attempt under way to stop, and stops waiting for it: its result comes at once. */
  abort(error: HandlerAbortedError): void;

  /** Ends it; the attempt under way is told. Resolves when nothing of it is left. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a worker tells whoever employs it. */
export interface WorkerListener {
  /** It became free, other than by the end of a run. */
  readonly onFree: () => void;
  /** It broke and is being replaced: the reason, for the log. */
  readonly onBroken: (reason: string) => void;
}

/** Makes a worker; it may need a moment until it is free. The listener is told of nothing before this has returned. */
export type WorkerFactory = (listener: WorkerListener) => Worker;
