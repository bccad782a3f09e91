/**
 * The levels of `@std/log`: six names, each with a number, so that "at least WARN" is a comparison.
 *
 * @module
 */

/** Every level by name. A logger or handler set to one passes it and everything above. */
export const LogLevels = {
  NOTSET: 0,
  DEBUG: 10,
  INFO: 20,
  WARN: 30,
  ERROR: 40,
  CRITICAL: 50,
} as const;

/** The name of a level. */
export type LevelName = keyof typeof LogLevels;

/** The number of a level. */
export type LogLevel = (typeof LogLevels)[LevelName];

/** Every name, lowest level first. */
export const LogLevelNames: readonly LevelName[] = [
  "NOTSET",
  "DEBUG",
  "INFO",
  "WARN",
  "ERROR",
  "CRITICAL",
];

/**
 * The number of a level.
 *
 * @param name Its name.
 * @returns Its number.
 * @throws {Error} When there is no such level, which only untyped callers can bring about.
 */
export function getLevelByName(name: LevelName): LogLevel {
  if (!Object.hasOwn(LogLevels, name)) {
    throw new Error(`Cannot get log level: no level named ${name}`);
  }
  return LogLevels[name];
}

/**
 * The name of a level.
 *
 * @param level Its number.
 * @returns Its name.
 * @throws {Error} When there is no such level, which only untyped callers can bring about.
 */
export function getLevelName(level: LogLevel): LevelName {
  const name = LogLevelNames.find((each) => LogLevels[each] === level);
  if (name === undefined) throw new Error(`Cannot get log level: no name for level ${level}`);
  return name;
}
