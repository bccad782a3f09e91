/**
 * Tries many seeds at once, in as many threads as are asked for: each seed is one plan, and a simulation never waits for
 * anything but the processor.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { Coverage, type CoverageFigures } from "./coverage.ts";
import type { Breach } from "./invariants/all.ts";

/** A seed whose plan breaks an invariant. */
export interface FailedSeed {
  readonly seed: number;
  readonly breaches: readonly Breach[];
}

/** What a thread is asked to do. */
export interface SeedsOrder {
  readonly from: number;
  readonly count: number;
  /** One of so many seeds also counts the transitions of the machines. */
  readonly transitionsEvery: number;
}

/** What a thread answers. */
export interface SeedsAnswer {
  readonly failed: readonly FailedSeed[];
  readonly happenings: number;
  readonly coverage: CoverageFigures;
}

/** Which seeds to try, and how. */
export interface SeedsOptions {
  /** The first seed. */
  readonly from: number;
  /** How many, one after the other. */
  readonly count: number;
  /** How many threads. */
  readonly threads: number;
  /** One of so many seeds also counts the transitions of the machines, which doubles what it costs. */
  readonly transitionsEvery: number;
  /** Told how many seeds were tried. */
  readonly onProgress: (tried: number, failed: number) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface SeedsResult {
  readonly tried: number;
  /** In the order of their numbers. */
  readonly failed: readonly FailedSeed[];
  readonly happenings: number;
  readonly durationMs: number;
  readonly coverage: Coverage;
}

/** So many seeds are dealt at once: about a second of work. */
const DEAL = 20;

/** With so many failures there is nothing left to be learned. */
const FAILED_MAX = 100;

/** Tries seeds. @throws when a thread breaks. */
export async function trySeeds(options: SeedsOptions): Promise<SeedsResult> {
  const { from, count, threads, onProgress, signal } = options;
  const startedAtMs = performance.now();
  const coverage = new Coverage();
  const failed: FailedSeed[] = [];
  let happenings = 0;
  let dealt = 0;
  let tried = 0;
  async function work(): Promise<void> {
    await using thread = new SeedsThread();
    while (dealt < count && failed.length < FAILED_MAX && !signal.aborted) {
      const order = { from: from + dealt, count: Math.min(DEAL, count - dealt) };
      dealt += order.count;
      const answer = await thread.ask({ ...order, transitionsEvery: options.transitionsEvery });
      coverage.add(answer.coverage);
      failed.push(...answer.failed);
      happenings += answer.happenings;
      tried += order.count;
      onProgress(tried, failed.length);
    }
  }
  await Promise.all(Array.from({ length: threads }, work));
  failed.sort((one, other) => one.seed - other.seed);
  const durationMs = performance.now() - startedAtMs;
  return { tried, failed, happenings, durationMs, coverage };
}

/** A thread that tries seeds. */
class SeedsThread implements AsyncDisposable {
  readonly #worker = new Worker(new URL("./seeds_thread.ts", import.meta.url));

  async ask(order: SeedsOrder): Promise<SeedsAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SeedsAnswer>();
    this.#worker.once("message", resolve);
    this.#worker.once("error", reject);
    this.#worker.postMessage(order);
    try {
      return await promise;
    } finally {
      this.#worker.off("message", resolve).off("error", reject);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
