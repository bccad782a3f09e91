/**
 * A worker with a thread under a test's control: the story of what it told, and a clock of the test's choice.
 *
 * @module
 */

import type { Delivery } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { type Clock, systemClock } from "../../src/ports/clock.ts";
import type { AttemptResult } from "../../src/workers/attempt.ts";
import { EntriesInThreads } from "../../src/workers/threads/entries_in_threads.ts";
import { ThreadWorker, type ThreadWorkerOptions } from "../../src/workers/threads/thread_worker.ts";
import { eventually } from "./eventually.ts";
import { place } from "./pool_rig.ts";
import type { Order } from "./thread_handler.ts";

/** The handler that does what the event says. */
export const OBEDIENT = new URL("./thread_handler.ts", import.meta.url).href;

/** An entry that asks the handler for something. */
export function order(
  act: string,
  given: { readonly id?: EntryId; readonly with?: unknown } = {},
): Delivery {
  const asked: Order = { act, with: given.with };
  return {
    id: given.id ?? "5-0",
    fields: ["event_type", "order", "payload", JSON.stringify(asked), "key", "a"],
    deliveries: 2,
    failures: 0,
    dueAtMs: 0,
  };
}

/** A worker with everything around it. */
export class ThreadRig implements AsyncDisposable {
  readonly worker: ThreadWorker;
  /** What it told, oldest first. */
  readonly story: unknown[] = [];

  /** @param options What differs from the obedient handler and no bounds. */
  constructor(options: Partial<ThreadWorkerOptions> = {}) {
    this.worker = new ThreadWorker({
      modules: { handler: OBEDIENT, codec: "event" },
      place,
      timeoutMs: 0,
      clock: systemClock,
      random: { next: () => 0.5, uniqueText: () => "chance" },
      log: { log: (...line) => this.story.push(line) },
      entries: new EntriesInThreads(),
      ...options,
    }, {
      onFree: () => this.story.push("free"),
      onBroken: (reason) => this.story.push(`broken: ${reason}`),
    });
  }

  /** Waits until it is free, and has said so of its present thread: one can be seen to be ready before it is told. */
  async free(): Promise<void> {
    const count = (word: RegExp) => this.story.filter((told) => word.test(String(told))).length;
    await eventually(
      "the worker is free",
      () => this.worker.isFree && count(/^free$/) > count(/^broken/),
    );
  }

  /** Waits until it is free, and runs an attempt. */
  async run(entry: Delivery, failures = 0): Promise<AttemptResult> {
    await this.free();
    return await this.worker.run(entry, failures);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.worker[Symbol.asyncDispose]();
  }
}

/** A clock whose waits are so many times shorter, for bounds that are long for a test. */
export function hastyClock(factor: number): Clock {
  return {
    nowMs: () => systemClock.nowMs(),
    after: (delayMs, callback) => systemClock.after(delayMs / factor, callback),
  };
}
