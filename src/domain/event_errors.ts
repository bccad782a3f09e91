/**
 * What can be wrong with a single event: on its way in, on its way out, or in its handler.
 *
 * @module
 */

import { TidemarkError } from "./errors.ts";

/** An event cannot be published as it is. */
export class InvalidEventError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "INVALID_EVENT";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Says what is wrong with the event.
   *
   * @param reason What is wrong with it.
   * @param options `cause`.
   */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(`Cannot publish event: ${reason}`, options);
  }
}

/** An entry could not be read as an event; it becomes a dead letter with this reason. */
export class UndecodableEntryError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "UNDECODABLE_ENTRY";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Refuses the entry; a codec of your own may throw this.
   *
   * @param reason What is wrong with it.
   * @param options `cause`.
   */
  constructor(readonly reason: string, options?: ErrorOptions) {
    super(`Cannot read entry as an event: ${reason}`, options);
  }
}

/** A handler ran longer than it may, or its consumer stopped: the reason of `ctx.signal`. */
export class HandlerAbortedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "HANDLER_ABORTED";
  /** The event will be tried again. */
  readonly recovery = "retry";

  /**
   * Says why the handler must stop.
   *
   * @param reason `timeout`, `fenced` or `stopped`.
   */
  constructor(readonly reason: "timeout" | "fenced" | "stopped") {
    super(`The handler was told to stop: ${reason}`);
  }
}
