/**
 * The error of a session file that cannot be opened.
 *
 * @module
 */

import { type Recovery, TidemarkError } from "../domain/errors.ts";
import { printable } from "../domain/printable.ts";

/** Longer names are cut in messages. */
const NAME_MAX = 200;

/** A session file is no session file, is damaged, too large, or of a version that is not known. */
export class SessionFileError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "SESSION_FILE_UNREADABLE";
  /** Trying again cannot help. */
  readonly recovery: Recovery = "fatal";

  /**
   * Says which file and why.
   *
   * @param file Its name; cut and escaped in the message.
   * @param reason What is there and what was wanted; no words of the file.
   */
  constructor(readonly file: string, reason: string) {
    super(`Cannot open session file "${printable(file, NAME_MAX)}": ${reason}`);
  }
}
