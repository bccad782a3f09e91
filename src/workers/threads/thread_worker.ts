/**
 * A worker with a thread of its own. It is free while its thread is ready and runs nothing. The thread is replaced when
 * it ends, when code of the user had to be cut off, because nobody knows in which state that left the module, and when a
 * handler does not stop: nothing else makes sure that two attempts on one entry do not run side by side.
 *
 * @module
 */

import type { Delivery } from "../../domain/entry.ts";
import { HandlerAbortedError } from "../../domain/event_errors.ts";
import type { Log } from "../../ports/log.ts";
import type { AttemptResult } from "../attempt.ts";
import type { AttemptPlace } from "../handler.ts";
import type { Worker, WorkerListener } from "../worker.ts";
import type { EntriesInThreads } from "./entries_in_threads.ts";
import type { AttemptNews, Thread } from "./thread.ts";
import { ThreadEndedError } from "./thread_errors.ts";
import { type KeeperOptions, ThreadKeeper } from "./thread_keeper.ts";
import { ThreadRun } from "./thread_run.ts";

/** What all workers of a consumer share. */
export interface ThreadWorkerOptions extends KeeperOptions {
  /** Where the entries are from. */
  readonly place: AttemptPlace;
  /** How long an attempt may take, in ms; 0 for no bound. The handler's own bound takes its place. */
  readonly timeoutMs: number;
  /** Where `context.log` writes to. Never throws. */
  readonly log: Log;
  /** The entries whose code runs in a thread. */
  readonly entries: EntriesInThreads;
}

/** A worker with a thread of its own. */
export class ThreadWorker implements Worker {
  readonly #options: ThreadWorkerOptions;
  readonly #listener: WorkerListener;
  readonly #keeper: ThreadKeeper;
  #run: ThreadRun | null = null;
  #request = 0;
  #closed: Promise<void> | null = null;

  /**
   * @param options What all workers of the consumer share.
   * @param listener Whom it tells.
   * @param first A thread that is ready. Default: it starts one.
   */
  constructor(options: ThreadWorkerOptions, listener: WorkerListener, first?: Thread | null) {
    this.#options = options;
    this.#listener = listener;
    this.#keeper = new ThreadKeeper(
      options,
      {
        onReady: () => listener.onFree(),
        onNews: (news) => this.#hear(news),
        onLost: (reason) => this.#lost(reason),
      },
      first,
    );
  }

  get isFree(): boolean {
    const isIdle = this.#run === null || this.#run.isOver;
    return isIdle && this.#closed === null && this.#keeper.thread !== null;
  }

  run(delivery: Delivery, failures: number): AttemptResult | Promise<AttemptResult> {
    const { entries, place, clock } = this.#options;
    const { thread } = this.#keeper;
    if (thread === null || !this.isFree) {
      return { kind: "failed", error: new ThreadEndedError("it is being replaced") };
    }
    const run: ThreadRun = new ThreadRun(delivery, {
      thread,
      request: ++this.#request,
      failures,
      place,
      timeoutMs: thread.handlerTimeoutMs ?? this.#options.timeoutMs,
      entries,
      clock,
      onStuck: (isBlocked) => this.#stuck(run, { isBlocked, delivery }),
    });
    this.#run = run;
    return run.result;
  }

  abort(error: HandlerAbortedError): void {
    this.#run?.stop(error);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closed ??= this.#close();
  }

  #hear(news: AttemptNews): void {
    if (news.kind === "log") return this.#options.log.log(news.level, news.message, news.fields);
    const run = this.#run;
    if (run === null || run.isOver || news.request !== this.#request) return;
    if (news.kind === "heard") return run.heard();
    run.over(news.result);
    if (news.forced) return this.#keeper.replace("its handler kept it busy and was cut off");
    this.#keeper.wasOfUse();
    if (run.stopReason !== null && this.isFree) this.#listener.onFree();
  }

  #stuck(
    run: ThreadRun,
    { isBlocked, delivery }: { readonly isBlocked: boolean; readonly delivery: Delivery },
  ): void {
    if (!isBlocked) return this.#keeper.replace("its handler went on after it was told to stop");
    if (run.stopReason === "timeout") this.#options.entries.blocks(delivery.id);
    this.#keeper.replace(
      "its handler keeps it busy and cannot be cut off, it goes on until this process ends",
    );
  }

  #lost(reason: string): void {
    this.#run?.lost(new ThreadEndedError(reason));
    this.#listener.onBroken(reason);
  }

  async #close(): Promise<void> {
    this.abort(new HandlerAbortedError("stopped"));
    await this.#keeper.close();
    this.#run?.lost(new ThreadEndedError("its consumer ended"));
  }
}
