/**
 * The set-up of `@std/log`: which handlers there are, which logger writes to which, and the default
 * logger's methods as functions.
 *
 * @module
 */
import { type BaseHandler, ConsoleHandler } from "./handlers.ts";
import type { LevelName } from "./levels.ts";
import { type GenericFunction, Logger } from "./logger.ts";

/** One logger of the configuration. */
export interface LoggerConfig {
  /** The lowest level that passes. Default: INFO. */
  level?: LevelName;
  /** Names of handlers. Unknown names are left out. Default: none. */
  handlers?: string[];
}

/** What `setup` takes. What it leaves out keeps its default. */
export interface LogConfig {
  /** Handlers by name. Default: `default`, a console handler at INFO. */
  handlers?: Record<string, BaseHandler>;
  /** Loggers by name. Default: `default` at INFO, with the handler `default`. */
  loggers?: Record<string, LoggerConfig>;
}

const defaultHandlers: Record<string, BaseHandler> = { default: new ConsoleHandler("INFO") };
const defaultLoggers: Record<string, LoggerConfig> = {
  default: { level: "INFO", handlers: ["default"] },
};

const handlers = new Map<string, BaseHandler>();
const loggers = new Map<string, Logger>();

/**
 * The logger of that name. One that the configuration does not name is made, and logs nowhere.
 *
 * @param name The name. Default: `default`.
 * @returns The logger, the same one until the next `setup`.
 */
export function getLogger(name = "default"): Logger {
  const known = loggers.get(name);
  if (known !== undefined) return known;
  const made = new Logger(name, "NOTSET", { handlers: [] });
  loggers.set(name, made);
  return made;
}

/**
 * Replaces every handler and logger. Loggers got before write on to their old handlers, so get
 * loggers after it.
 *
 * @param config The handlers and loggers.
 */
export function setup(config: LogConfig): void {
  for (const handler of handlers.values()) handler.destroy();
  handlers.clear();
  for (const [name, handler] of Object.entries({ ...defaultHandlers, ...config.handlers })) {
    handler.setup();
    handlers.set(name, handler);
  }
  loggers.clear();
  for (const [name, logger] of Object.entries({ ...defaultLoggers, ...config.loggers })) {
    const named = (logger.handlers ?? []).map((each) => handlers.get(each));
    const known = named.filter((each) => each !== undefined);
    loggers.set(name, new Logger(name, logger.level ?? "INFO", { handlers: known }));
  }
}

/** Logs at DEBUG with the default logger. */
export function debug<T>(msg: () => T, ...args: unknown[]): T | undefined;
export function debug<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
export function debug(msg: unknown, ...args: unknown[]): unknown {
  return getLogger().debug(msg, ...args);
}

/** Logs at INFO with the default logger. */
export function info<T>(msg: () => T, ...args: unknown[]): T | undefined;
export function info<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
export function info(msg: unknown, ...args: unknown[]): unknown {
  return getLogger().info(msg, ...args);
}

/** Logs at WARN with the default logger. */
export function warn<T>(msg: () => T, ...args: unknown[]): T | undefined;
export function warn<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
export function warn(msg: unknown, ...args: unknown[]): unknown {
  return getLogger().warn(msg, ...args);
}

/** Logs at ERROR with the default logger. */
export function error<T>(msg: () => T, ...args: unknown[]): T | undefined;
export function error<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
export function error(msg: unknown, ...args: unknown[]): unknown {
  return getLogger().error(msg, ...args);
}

/** Logs at CRITICAL with the default logger. */
export function critical<T>(msg: () => T, ...args: unknown[]): T | undefined;
export function critical<T>(msg: T extends GenericFunction ? never : T, ...args: unknown[]): T;
export function critical(msg: unknown, ...args: unknown[]): unknown {
  return getLogger().critical(msg, ...args);
}

setup({});
