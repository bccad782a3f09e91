/**
 * What a configuration's faults are told with: all of them at once.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";

/** What somebody reads in one go; a wrong file could have thousands. */
const SHOWN_MAX = 100;

/** The configuration file has faults; all of them are in `faults`, and the first hundred in the message. */
export class ConfigurationError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CONFIGURATION";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Lists every fault.
   *
   * @param source The file or where the settings came from.
   * @param faults One line per fault: path, value, wish.
   * @param options `cause`.
   */
  constructor(readonly source: string, readonly faults: readonly string[], options?: ErrorOptions) {
    super(
      `Cannot use ${source}: ${faults.length} fault${faults.length === 1 ? "" : "s"}\n  ${
        shown(faults).join("\n  ")
      }`,
      options,
    );
  }
}

function shown(faults: readonly string[]): readonly string[] {
  const more = faults.length - SHOWN_MAX;
  return more <= 0 ? faults : [...faults.slice(0, SHOWN_MAX), `and ${more} more`];
}
