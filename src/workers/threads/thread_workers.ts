/**
 * Workers that run the handler in threads: they are for handlers that keep a processor busy.
 *
 * @module
 */

import type { Clock } from "../../ports/clock.ts";
import type { WorkerFactory } from "../worker.ts";
import { EntriesInThreads } from "./entries_in_threads.ts";
import { Thread } from "./thread.ts";
import { ThreadStartError } from "./thread_errors.ts";
import { START_MS_MAX } from "./thread_keeper.ts";
import { ThreadWorker, type ThreadWorkerOptions } from "./thread_worker.ts";

/** How workers in threads are made. */
export interface ThreadWorkersOptions extends Omit<ThreadWorkerOptions, "entries"> {
  /** Ends the start of the first thread. */
  readonly signal?: AbortSignal;
}

/** Makes workers in threads. Disposing of it ends the thread that no worker has taken. */
export interface ThreadWorkers extends AsyncDisposable {
  /** Makes a worker. */
  readonly make: WorkerFactory;
}

/**
 * Starts a first thread, so that modules that cannot be used are known before anything is read. The first worker takes
 * it; the others start their own.
 *
 * @param options What runs, and its bounds.
 * @throws {HandlerModuleError} When a module cannot be used.
 * @throws {ThreadStartError} When the program may start no thread, or it ended or took too long while it loaded the
 * modules.
 * @throws The signal's reason.
 */
export async function threadWorkers(options: ThreadWorkersOptions): Promise<ThreadWorkers> {
  const shared = { ...options, entries: new EntriesInThreads() };
  options.signal?.throwIfAborted();
  let first: Thread | null = new Thread(options);
  await readyInTime(first, options);
  return {
    make(listener) {
      const thread = first;
      first = null;
      return new ThreadWorker(shared, listener, thread);
    },
    async [Symbol.asyncDispose]() {
      await first?.close();
    },
  };
}

async function readyInTime(
  thread: Thread,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = clock.after(START_MS_MAX, () => {
    late.reject(new ThreadStartError(`its modules were not loaded after ${START_MS_MAX} ms`));
  });
  const abort = () => late.reject(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    await Promise.race([thread.ready, late.promise]);
  } catch (error) {
    thread.terminate();
    throw error;
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", abort);
  }
}
