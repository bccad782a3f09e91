/**
 * The `@std/log` that this repository develops against: the names that Tidemark uses, with the
 * real package's meaning, over npm's `consola` (the npm registry's copy of std has no log). Users
 * from JSR get the real package; `deno.json` says how (`imports` and `links`).
 *
 * Two things differ: {@link ConsoleHandler} writes on standard error, and there are no file
 * handlers.
 *
 * @module
 */
export {
  BaseHandler,
  type BaseHandlerOptions,
  ConsoleHandler,
  type ConsoleHandlerOptions,
  type FormatterFunction,
} from "./handlers.ts";
export {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
  LogLevelNames,
  LogLevels,
} from "./levels.ts";
export { LogRecord, type LogRecordOptions } from "./log_record.ts";
export { type GenericFunction, Logger, type LoggerOptions } from "./logger.ts";
export {
  critical,
  debug,
  error,
  getLogger,
  info,
  type LogConfig,
  type LoggerConfig,
  setup,
  warn,
} from "./setup.ts";
