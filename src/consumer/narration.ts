/**
 * The story of a consumer as log lines: one when it starts, one when the broker fails, one when it is back. Not one for
 * every attempt: an outage of an hour is two lines.
 *
 * @module
 */

import type { Log, LogFields } from "../ports/log.ts";
import type { ConsumerContext } from "./machine_events.ts";

/** Tells the story of one consumer. */
export class Narration {
  readonly #log: Log;
  readonly #place: LogFields;
  #epoch = 0;
  #failures = 0;

  /**
   * @param log Where lines go.
   * @param place Stream, group and consumer.
   */
  constructor(log: Log, place: LogFields) {
    this.#log = log;
    this.#place = place;
  }

  /** Looks at the machine after a transition. */
  observe(context: ConsumerContext): void {
    const { epoch, position, failures, failure, startUpRows } = context;
    if (failures > 0 && this.#failures === 0 && failure !== null) {
      this.#log.log("warn", "a call failed, trying again", {
        ...this.#place,
        code: failure.code,
        error: failure.message,
      });
    } else if (failures === 0 && this.#failures > 0) {
      this.#log.log("info", "going on", { ...this.#place, failedCalls: this.#failures });
    }
    if (position !== null && epoch > this.#epoch && failures === 0) {
      this.#epoch = epoch;
      this.#log.log("info", "consumer reads", {
        ...this.#place,
        epoch,
        position,
        startUp: startUpRows.join(" "),
      });
    }
    this.#failures = failures;
  }
}
