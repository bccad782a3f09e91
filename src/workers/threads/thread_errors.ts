/**
 * What can be wrong with a thread.
 *
 * @module
 */

import { TidemarkError } from "../../domain/errors.ts";

/** The thread that ran an attempt ended before the attempt did. */
export class ThreadEndedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "THREAD_ENDED";
  /** The event will be tried again, in another thread. */
  readonly recovery = "retry";

  /**
   * Says why it ended.
   *
   * @param reason Why.
   */
  constructor(readonly reason: string) {
    super(`The thread that ran it ended: ${reason}`);
  }
}

/** No thread can be started. */
export class ThreadStartError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "THREAD_START";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says why.
   *
   * @param reason Why.
   * @param options `cause`.
   */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(`Cannot start a thread: ${reason}`, options);
  }
}
