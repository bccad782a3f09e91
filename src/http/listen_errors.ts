/**
 * What can keep a server from listening.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";

/** Another program listens at this port. */
export class PortTakenError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "PORT_TAKEN";
  /** Trying again cannot help while the other program runs. */
  readonly recovery = "fatal";

  /**
   * Names the place.
   *
   * @param hostname What was to be bound to.
   * @param port The port.
   * @param options `cause`.
   */
  constructor(readonly hostname: string, readonly port: number, options?: ErrorOptions) {
    super(
      `Cannot listen at "${hostname}:${port}": another program does, end it or choose another port`,
      options,
    );
  }
}
