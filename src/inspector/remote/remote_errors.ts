/**
 * What can be wrong when a process elsewhere is asked for something.
 *
 * @module
 */

import { type Recovery, TidemarkError } from "../../domain/errors.ts";
import { printable } from "../../domain/printable.ts";

/** Names are cut in messages. */
const NAME_MAX = 100;

/** A process elsewhere does not answer. It has done nothing of what it was asked, and will not. */
export class InstanceUnreachableError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INSTANCE_UNREACHABLE";
  /** Nothing was done, the same may be asked again. */
  readonly recovery: Recovery = "retry";

  /**
   * Names the process.
   *
   * @param instance Its name.
   * @param options `cause`: why the broker could not be asked.
   */
  constructor(readonly instance: string, options?: ErrorOptions) {
    super(
      `Cannot ask "${
        printable(instance, NAME_MAX)
      }": it does not answer, it may be gone, busy, or cut off from the broker`,
      options,
    );
  }
}

/** A process elsewhere has taken a request and has not said what became of it. */
export class RequestUnansweredError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "REQUEST_UNANSWERED";
  /** It may have been done. */
  readonly recovery: Recovery = "unknown";

  /**
   * Names the process.
   *
   * @param instance Its name.
   */
  constructor(readonly instance: string) {
    super(
      `Cannot tell whether "${
        printable(instance, NAME_MAX)
      }" did it: it took the request and has not answered, look at its state before asking again`,
    );
  }
}

/** A process elsewhere has taken a request and failed at it. */
export class RequestFailedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "REQUEST_FAILED";
  /** Trying again helps when what it says has been mended. */
  readonly recovery: Recovery = "fatal";

  /**
   * Says what the process said.
   *
   * @param instance Its name.
   * @param reason Its code and its words.
   */
  constructor(
    readonly instance: string,
    readonly reason: { readonly code: string; readonly message: string },
  ) {
    super(`Cannot do it in "${printable(instance, NAME_MAX)}": ${reason.message} (${reason.code})`);
  }
}
