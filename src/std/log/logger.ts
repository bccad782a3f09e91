/**
 * The logger of `@std/log`, over npm's `consola`: consola takes the record and hands it to its
 * reporter, which is this logger's handlers; this class gives it std's levels, records and methods.
 *
 * @module
 */
import { type ConsolaInstance, createConsola, type LogType } from "consola/core";
import type { BaseHandler } from "./handlers.ts";
import { getLevelByName, getLevelName, type LevelName, type LogLevel } from "./levels.ts";
import { LogLevels } from "./levels.ts";
import { LogRecord } from "./log_record.ts";

/** Any function: as a logger's first argument it is called only when its result is logged. */
export type GenericFunction = (...args: never[]) => unknown;

/** How a logger is set up. */
export interface LoggerOptions {
  /** Where its records go. Default: nowhere. */
  handlers?: BaseHandler[];
}

/** Consola's name for each level. NOTSET has none, because nothing is logged at it. */
const consolaTypes: Partial<Record<LogLevel, LogType>> = {
  [LogLevels.DEBUG]: "debug",
  [LogLevels.INFO]: "info",
  [LogLevels.WARN]: "warn",
  [LogLevels.ERROR]: "error",
  [LogLevels.CRITICAL]: "fatal",
};

/** A named source of records. */
export class Logger {
  readonly #loggerName: string;
  readonly #consola: ConsolaInstance;
  #level: LogLevel;
  /** Where its records go. */
  handlers: BaseHandler[];

  /** Makes a logger that passes records of that level and above. */
  constructor(loggerName: string, levelName: LevelName, options: LoggerOptions = {}) {
    this.#loggerName = loggerName;
    this.#level = getLevelByName(levelName);
    this.handlers = options.handlers ?? [];
    this.#consola = createConsola({
      // The gate is this class, in std's numbers: consola does not tell ERROR from CRITICAL.
      level: Number.POSITIVE_INFINITY,
      // Consola would hold back equal lines within a second; std logs every one.
      throttle: Number.NEGATIVE_INFINITY,
      reporters: [{ log: ({ args: [record] }) => this.#handle(record) }],
    });
  }

  /** The number of the lowest level that passes. */
  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    this.#level = level;
  }

  /** The name of the lowest level that passes. */
  get levelName(): LevelName {
    return getLevelName(this.#level);
  }

  set levelName(levelName: LevelName) {
    this.#level = getLevelByName(levelName);
  }

  /** The logger's name. */
  get loggerName(): string {
    return this.#loggerName;
  }

  /** Logs at DEBUG. Returns the value; a function's value, or undefined when it was not called. */
  debug<T>(msg: () => T, ...args: unknown[]): T | undefined;
  debug<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  debug<T>(msg: T | (() => T), ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.DEBUG, msg, args);
  }

  /** Logs at INFO. Returns the value; a function's value, or undefined when it was not called. */
  info<T>(msg: () => T, ...args: unknown[]): T | undefined;
  info<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  info<T>(msg: T | (() => T), ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.INFO, msg, args);
  }

  /** Logs at WARN. Returns the value; a function's value, or undefined when it was not called. */
  warn<T>(msg: () => T, ...args: unknown[]): T | undefined;
  warn<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  warn<T>(msg: T | (() => T), ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.WARN, msg, args);
  }

  /** Logs at ERROR. Returns the value; a function's value, or undefined when it was not called. */
  error<T>(msg: () => T, ...args: unknown[]): T | undefined;
  error<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  error<T>(msg: T | (() => T), ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.ERROR, msg, args);
  }

  /** Logs at CRITICAL. Returns the value; a function's value, or undefined when not called. */
  critical<T>(msg: () => T, ...args: unknown[]): T | undefined;
  critical<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
  critical<T>(msg: T | (() => T), ...args: unknown[]): T | undefined {
    return this.#log(LogLevels.CRITICAL, msg, args);
  }

  #log<T>(level: LogLevel, msg: T | (() => T), args: unknown[]): T | undefined {
    const type = consolaTypes[level];
    if (type === undefined || this.#level > level) return msg instanceof Function ? undefined : msg;
    const value = msg instanceof Function ? msg() : msg;
    const record = new LogRecord({
      msg: asText(value),
      args,
      level,
      loggerName: this.#loggerName,
    });
    // `raw`, because consola would otherwise take an object with `args` for one of its own.
    this.#consola[type].raw(record);
    return value;
  }

  #handle(record: unknown): void {
    if (!(record instanceof LogRecord)) return;
    for (const handler of this.handlers) handler.handle(record);
  }
}

/** Any value as the real package writes it: an error by its stack, an object by its entries. */
function asText(value: unknown, inObject = false): string {
  if (typeof value === "string") return inObject ? `"${value}"` : value;
  if (value instanceof Error) return value.stack ?? String(value);
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => `"${key}":${asText(each, true)}`);
    return `{${entries.join(",")}}`;
  }
  return typeof value === "function" ? "undefined" : String(value);
}
