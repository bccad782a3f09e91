/**
 * The events of the demo, whatever they were made from.
 *
 * @module
 */

import type { NewEvent } from "../../domain/event.ts";

/** What every event of the demo tells. */
export interface DemoData {
  /** The subject of a commit, or a line of a source. */
  readonly text: string;
}

/** An event of the demo: it has a key, and a mark that makes publishing it again harmless. */
export interface DemoEvent extends NewEvent<DemoData> {
  readonly data: DemoData;
  readonly key: string;
  readonly idempotencyKey: string;
}
