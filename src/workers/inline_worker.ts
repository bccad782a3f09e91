/**
 * A worker that runs the handler in this isolate: many of them share one thread, so they are for handlers that wait.
 *
 * @module
 */

import type { Delivery } from "../domain/entry.ts";
import { HandlerAbortedError } from "../domain/event_errors.ts";
import { Attempt, type AttemptOptions, type AttemptResult } from "./attempt.ts";
import type { Worker, WorkerFactory } from "./worker.ts";

/**
 * Makes workers that run the handler in this isolate. They are free at once and never break.
 *
 * @param options What all attempts share.
 */
export function inlineWorkers(options: AttemptOptions): WorkerFactory {
  return () => new InlineWorker(options);
}

/** Runs attempts in this isolate. */
export class InlineWorker implements Worker {
  readonly #options: AttemptOptions;
  #attempt: Attempt | null = null;

  /** @param options What all attempts share. */
  constructor(options: AttemptOptions) {
    this.#options = options;
  }

  get isFree(): boolean {
    // Asked of the attempt, because another promise around its result would cost a tenth of all throughput.
    return this.#attempt === null || this.#attempt.isOver;
  }

  run(delivery: Delivery, failures: number): AttemptResult | Promise<AttemptResult> {
    const attempt = new Attempt(delivery, failures, this.#options);
    this.#attempt = attempt; // before it runs: a handler may stop its own consumer
    const result = attempt.run();
    if (!(result instanceof Promise)) this.#attempt = null;
    return result;
  }

  abort(error: HandlerAbortedError): void {
    this.#attempt?.abort(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort(new HandlerAbortedError("stopped"));
  }
}
