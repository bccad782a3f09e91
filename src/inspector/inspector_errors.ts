/**
 * What can be wrong when an inspector is asked to do something.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";

/** Somebody wants to tell a process something, and it takes no commands. */
export class CommandsOffError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "COMMANDS_OFF";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the process.
   *
   * @param instance Its name.
   */
  constructor(readonly instance: string) {
    super(
      `Cannot command "${instance}": it takes no commands, start it with --inspect-control to allow them`,
    );
  }
}
