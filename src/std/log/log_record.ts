/**
 * One thing that was logged, as `@std/log` hands it to its handlers.
 *
 * @module
 */
import { getLevelName, type LevelName, type LogLevel } from "./levels.ts";

/** What a record is made from. */
export interface LogRecordOptions {
  /** The text. */
  msg: string;
  /** Whatever was given after the text. */
  args: unknown[];
  /** The level's number. */
  level: LogLevel;
  /** The name of the logger that was called. */
  loggerName: string;
}

/** One call of a logger. It cannot be changed by a handler, because other handlers get it too. */
export class LogRecord {
  /** The text. */
  readonly msg: string;
  /** The level's number. */
  readonly level: LogLevel;
  /** The level's name. */
  readonly levelName: LevelName;
  /** The name of the logger that was called. */
  readonly loggerName: string;
  readonly #args: unknown[];
  readonly #datetime: Date;

  /** Makes a record that happens now. */
  constructor(options: LogRecordOptions) {
    this.msg = options.msg;
    this.level = options.level;
    this.levelName = getLevelName(options.level);
    this.loggerName = options.loggerName;
    this.#args = [...options.args];
    this.#datetime = new Date();
  }

  /** Whatever was given after the text; a copy. */
  get args(): unknown[] {
    return [...this.#args];
  }

  /** When it was logged; a copy. */
  get datetime(): Date {
    return new Date(this.#datetime.getTime());
  }
}
