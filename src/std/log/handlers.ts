/**
 * The handlers of `@std/log`: what takes a record, makes a line of it and puts it somewhere.
 *
 * @module
 */
import { getLevelByName, getLevelName, type LevelName, type LogLevel } from "./levels.ts";
import type { LogRecord } from "./log_record.ts";

/** Makes the line of a record. */
export type FormatterFunction = (logRecord: LogRecord) => string;

/** How a handler is set up. */
export interface BaseHandlerOptions {
  /** Makes the line of a record. Default: the level's name, a space, the text. */
  formatter?: FormatterFunction;
}

/** What every handler is: a level, a formatter, and a place for lines, which the subclass gives. */
export abstract class BaseHandler {
  #levelName: LevelName;
  #level: LogLevel;
  /** Makes the line of a record. */
  formatter: FormatterFunction;

  /** Makes a handler that passes records of that level and above. */
  constructor(levelName: LevelName, options?: BaseHandlerOptions) {
    this.#levelName = levelName;
    this.#level = getLevelByName(levelName);
    this.formatter = options?.formatter ?? (({ levelName, msg }) => `${levelName} ${msg}`);
  }

  /** The number of the lowest level that passes. */
  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#levelName = getLevelName(level);
    this.#level = level;
  }

  /** The name of the lowest level that passes. */
  get levelName(): LevelName {
    return this.#levelName;
  }

  set levelName(levelName: LevelName) {
    this.#level = getLevelByName(levelName);
    this.#levelName = levelName;
  }

  /** Takes a record: nothing happens below the handler's level. */
  handle(logRecord: LogRecord): void {
    if (this.level > logRecord.level) return;
    this.log(this.format(logRecord));
  }

  /** Makes the line of a record. */
  format(logRecord: LogRecord): string {
    return this.formatter(logRecord);
  }

  /** Puts a line where this handler's lines go. */
  abstract log(msg: string): void;

  /** Called once by `setup`, before the first record. */
  setup(): void {}

  /** Called when `setup` replaces the handler. */
  destroy(): void {}

  /** The same as `destroy`, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }
}

/** How a console handler is set up. */
export interface ConsoleHandlerOptions extends BaseHandlerOptions {
  /** Colour lines by level, unless `NO_COLOR` is set. Default: `true`. */
  useColors?: boolean;
}

/** SGR codes by level, as the real package has them. https://no-color.org switches them off. */
const colors: Partial<Record<LevelName, string>> = {
  INFO: "\x1b[34m",
  WARN: "\x1b[33m",
  ERROR: "\x1b[31m",
  CRITICAL: "\x1b[1m\x1b[31m",
};

/**
 * Writes lines on standard error.
 *
 * The real one writes on standard output. Whoever needs the same under both, as a program whose
 * output is piped does, extends {@link BaseHandler} and overrides `log`.
 */
export class ConsoleHandler extends BaseHandler {
  readonly #useColors: boolean;

  /** Makes a handler that passes records of that level and above. */
  constructor(levelName: LevelName, options: ConsoleHandlerOptions = {}) {
    super(levelName, options);
    this.#useColors = options.useColors ?? true;
  }

  override format(logRecord: LogRecord): string {
    const line = super.format(logRecord);
    const color = this.#useColors && !Deno.noColor ? colors[logRecord.levelName] : undefined;
    return color === undefined ? line : `${color}${line}\x1b[0m`;
  }

  override log(msg: string): void {
    let rest = new TextEncoder().encode(`${msg}\n`);
    // A pipe may take a part of the line.
    while (rest.length > 0) rest = rest.subarray(Deno.stderr.writeSync(rest));
  }
}
