/**
 * Opening a file that another process holds. SQLite's own waiting (`PRAGMA busy_timeout`) does not cover the step to a
 * write-ahead log: beside another process's transaction it fails at once, lest two of them wait for each other
 * (https://sqlite.org/c3ref/busy_handler.html). So two processes that open a new file at one moment could meet.
 *
 * @module
 */

import { BrokerUnavailableError } from "../../domain/errors.ts";

/** The waits between two tries, in ms; then the last one again. What SQLite itself waits: a file is made in some ms. */
const PAUSES_MS = [1, 2, 5, 10, 15, 20, 25] as const;
const PAUSE_MS_MAX = 25;

/** How to wait. */
export interface BusyWaitOptions {
  /** From so many ms on, tries and waits together, no further try is made. */
  readonly waitMsMax: number;
  /** Waits for so many ms. Default: it holds this thread, as SQLite's own waiting does. */
  readonly pause?: ((ms: number) => void) | undefined;
  /** A clock in ms; it need not tell the time of day. Default: this machine's. */
  readonly nowMs?: () => number;
}

/**
 * Tries something again while the file is held by others.
 *
 * @param attempt What is tried; it leaves nothing behind when it throws.
 * @param options How long.
 * @returns What the attempt returned.
 * @throws What the last attempt threw.
 */
export function whileBusy<Result>(attempt: () => Result, options: BusyWaitOptions): Result {
  const { waitMsMax, pause = holdThread, nowMs = () => performance.now() } = options;
  const endsAtMs = nowMs() + waitMsMax;
  for (let tries = 0;; tries++) {
    try {
      return attempt();
    } catch (error) {
      const isBusy = error instanceof BrokerUnavailableError && error.reason === "SQLITE_BUSY";
      if (!isBusy || nowMs() >= endsAtMs) throw error;
    }
    pause(PAUSES_MS[tries] ?? PAUSE_MS_MAX);
  }
}

function holdThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
