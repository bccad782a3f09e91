/**
 * Where the parts of the core say what happens. Messages are fixed sentences; what varies goes in the fields. Never a
 * payload, never a secret.
 *
 * @module
 */

/** How much a line matters. */
export type LogLevelName = "debug" | "info" | "warn" | "error";

/** What a line may carry. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** A place to write lines to. Never throws. */
export interface Log {
  /** Writes one line. */
  log(level: LogLevelName, message: string, fields?: LogFields): void;
}

/** Writes nothing. */
export const silentLog: Log = { log: () => {} };
