/**
 * An output of a handler, as the user's test sees it.
 *
 * @module
 */

import type { NewEvent } from "../domain/event.ts";

/** An event that a handler published. */
export interface SimulatedOutput extends NewEvent {
  /** The stream that it goes to. */
  readonly stream: string;
}
