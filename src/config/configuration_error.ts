/**
 * What a configuration's faults are told with: all of them at once.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";

/** The configuration file has faults; all of them are listed. */
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
        faults.join("\n  ")
      }`,
      options,
    );
  }
}
