/**
 * A log that keeps its lines, so that a test can compare the story that was told.
 *
 * @module
 */

import type { Log, LogFields, LogLevelName } from "../../src/ports/log.ts";

/** A line that was written. */
export interface StoryLine {
  readonly level: LogLevelName;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps its lines. */
export class StoryLog implements Log {
  readonly lines: StoryLine[] = [];

  log(level: LogLevelName, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields });
  }

  /** The lines with a message. */
  having(message: string): StoryLine[] {
    return this.lines.filter((line) => line.message === message);
  }
}
