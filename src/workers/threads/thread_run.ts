/**
 * One attempt in a thread, seen from the main isolate. Its result is known when the thread tells it, when the thread
 * ends, or when the attempt is told to stop; it is over when none of its code runs any more. The time is measured here,
 * because no timer fires in a thread that is busy.
 *
 * @module
 */

import { TIMER_MS_MAX } from "../../domain/backoff.ts";
import type { Delivery } from "../../domain/entry.ts";
import { HandlerAbortedError } from "../../domain/event_errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { AttemptResult } from "../attempt.ts";
import type { AttemptPlace } from "../handler.ts";
import type { EntriesInThreads } from "./entries_in_threads.ts";
import { errorOfData } from "./error_data.ts";
import type { ResultData, StopReason } from "./protocol.ts";
import type { Thread } from "./thread.ts";

/** What an attempt needs beside its entry. */
export interface ThreadRunOptions {
  /** The thread that runs it. */
  readonly thread: Thread;
  /** Its number; unlike that of every other attempt in this thread. */
  readonly request: number;
  /** How many attempts failed before. */
  readonly failures: number;
  /** Where the entry is from. */
  readonly place: AttemptPlace;
  /** How long it may take, in ms; 0 for no bound. */
  readonly timeoutMs: number;
  /** The entries whose code runs in a thread. */
  readonly entries: EntriesInThreads;
  /** Time. */
  readonly clock: Clock;
  /** Told when it does not stop. `isBlocked`: the thread does not even answer. */
  readonly onStuck: (isBlocked: boolean) => void;
}

/**
 * How long a handler that was told to stop may go on, in ms: enough to notice and to clean up. Code that has not paused
 * by then is cut off.
 */
const STOP_MS_MAX = 1_000;

/** How long after that the thread may take to say so, in ms; code is cut off in less than one. */
const ANSWER_MS_MAX = 250;

/** One attempt in a thread. */
export class ThreadRun {
  readonly #delivery: Delivery;
  readonly #options: ThreadRunOptions;
  readonly #result = Promise.withResolvers<AttemptResult>();
  #timer: Timer | null = null;
  #stopReason: StopReason | null = null;
  #hasBegun = false;
  #wasHeard = false;
  #isOver = false;

  /**
   * Begins it, as soon as no code of an earlier attempt on the same entry runs.
   *
   * @param delivery The entry.
   * @param options The thread, and the bounds.
   */
  constructor(delivery: Delivery, options: ThreadRunOptions) {
    this.#delivery = delivery;
    this.#options = options;
    const earlier = options.entries.earlier(delivery.id);
    if (earlier === null) this.#begin();
    else earlier.then(() => this.#begin());
  }

  /** What became of it. */
  get result(): Promise<AttemptResult> {
    return this.#result.promise;
  }

  /** Whether none of its code runs any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why it was told to stop, `null` when it was not. */
  get stopReason(): StopReason | null {
    return this.#stopReason;
  }

  /** Tells it to stop; its result is known. */
  stop(error: HandlerAbortedError): void {
    if (this.#isOver || this.#stopReason !== null) return;
    this.#stopReason = error.reason;
    this.#timer?.cancel();
    const result = { kind: "failed", error } as const;
    if (!this.#hasBegun) return this.#end(result);
    this.#result.resolve(result);
    const { thread, request, clock, onStuck } = this.#options;
    thread.stopReason = error.reason;
    thread.post({ kind: "stop", request, reason: error.reason });
    this.#timer = clock.after(STOP_MS_MAX + ANSWER_MS_MAX, () => onStuck(!this.#wasHeard));
  }

  /** The thread knows that it must stop. */
  heard(): void {
    this.#wasHeard = true;
  }

  /** The thread says that it is over. */
  over(result: ResultData): void {
    this.#end(resultOf(result));
  }

  /** Its thread has ended, or was given up. */
  lost(error: Error): void {
    this.#end({ kind: "failed", error });
  }

  #begin(): void {
    if (this.#isOver) return;
    const { thread, request, failures, place, timeoutMs, clock, entries } = this.#options;
    const { id } = this.#delivery;
    if (entries.takeBlocking(id)) {
      const reason = "its handler blocks a thread that cannot be ended";
      return this.#end({ kind: "givenUp", reason, error: null, tried: false });
    }
    this.#hasBegun = true;
    entries.begin(id);
    thread.stopReason = null;
    const unbrokenMsMax = timeoutMs > 0 ? Math.min(timeoutMs + STOP_MS_MAX, TIMER_MS_MAX) : 0;
    const delivery = compact(this.#delivery);
    thread.post({ kind: "run", request, delivery, failures, place, unbrokenMsMax });
    if (timeoutMs === 0) return;
    this.#timer = clock.after(
      Math.min(timeoutMs, TIMER_MS_MAX),
      () => this.stop(new HandlerAbortedError("timeout")),
    );
  }

  #end(result: AttemptResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#result.resolve(result);
    if (this.#hasBegun) this.#options.entries.end(this.#delivery.id);
  }
}

function resultOf(data: ResultData): AttemptResult {
  switch (data.kind) {
    case "handled":
      return { ...data, work: [] };
    case "deferred":
      return data;
    case "givenUp":
      return { ...data, error: errorOfData(data.error) };
    case "failed":
      return { ...data, error: errorOfData(data.error) };
  }
}

/** Without what lies beside the bytes in memory: a thread would get a copy of the whole buffer that a reply came in. */
function compact(delivery: Delivery): Delivery {
  const isLoose = (part: string | Uint8Array) =>
    typeof part !== "string" && part.byteLength < part.buffer.byteLength;
  if (!delivery.fields.some(isLoose)) return delivery;
  const fields = delivery.fields.map((part) =>
    typeof part === "string" ? part : new Uint8Array(part)
  );
  return { ...delivery, fields };
}
