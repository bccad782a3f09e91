/**
 * The story of a consumer as log lines: one when it starts, one when the broker fails, one when it is back, one for
 * every failed attempt of a handler and every report, one at the end. An outage of an hour is two lines.
 *
 * @module
 */

import type { EntryId } from "../domain/entry_id.ts";
import type { Log, LogFields, LogLevelName } from "../ports/log.ts";
import { messageOf } from "../workers/attempt.ts";
import { tellBystander } from "./bystander.ts";
import type { ConsumerContext } from "./machine_events.ts";
import { lineOf } from "./report_log.ts";
import type { Report } from "./report.ts";
import { startUpWords } from "./start_up_words.ts";

/** What a consumer says when it has joined its group; whoever reads many logs at once knows its lines by these. */
export const CONSUMER_READS = "consumer reads";
/** What it says at the first of the calls that fail. */
export const CALL_FAILED = "a call failed, trying again";
/** What it says when calls succeed again. */
export const GOING_ON = "going on";
/** What it says at an end that was asked for. */
export const CONSUMER_STOPPED = "consumer stopped";
/** What it says at any other end. */
export const CONSUMER_FAILED = "consumer failed";

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
      this.#write("warn", CALL_FAILED, {
        ...this.#place,
        code: failure.code,
        error: failure.message,
      });
    } else if (failures === 0 && this.#failures > 0) {
      this.#write("info", GOING_ON, { ...this.#place, failedCalls: this.#failures });
    }
    if (position !== null && epoch > this.#epoch && failures === 0) {
      this.#epoch = epoch;
      this.#write("info", CONSUMER_READS, {
        ...this.#place,
        epoch,
        position,
        start: startUpWords(startUpRows),
      });
      const rows = startUpRows.join(" ");
      this.#write("debug", "rows of the start-up table", { ...this.#place, epoch, rows });
    }
    this.#failures = failures;
  }

  /** A handler failed, and the event will be tried again. */
  handlerFailed(id: EntryId, failures: number, error: unknown): void {
    const fields = { ...this.#place, id, failures, error: messageOf(error) };
    this.#write("warn", "handler failed, the event will be tried again", fields);
  }

  /** Something happened that a person should know; the user's own listener is told as well. */
  reported(report: Report, listener: (report: Report) => void): void {
    this.#write(...lineOf(report, this.#place));
    tellBystander(() => listener(report), (error) => {
      this.#write("error", "onReport threw", { ...this.#place, error: messageOf(error) });
    });
  }

  /** Handlers did not end within the grace, or were not waited for. */
  abandoned(running: number): void {
    if (running === 0) return;
    const message = "handlers still ran at the end, their events will be handled again";
    this.#write("warn", message, { ...this.#place, running });
  }

  /** It has ended; `null` for as it was asked to. */
  ended(error: unknown): void {
    if (error === null) this.#write("info", CONSUMER_STOPPED, this.#place);
    else this.#write("error", CONSUMER_FAILED, { ...this.#place, error: messageOf(error) });
  }

  #write(level: LogLevelName, message: string, fields: LogFields): void {
    this.#log.log(level, message, fields);
  }
}
