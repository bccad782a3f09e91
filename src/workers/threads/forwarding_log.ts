/**
 * The log of a thread: its lines are written by the main isolate, where the program's log is.
 *
 * @module
 */

import type { Log, LogFields, LogLevelName } from "../../ports/log.ts";
import { messageOf } from "../attempt.ts";
import type { FromThread } from "./protocol.ts";

/**
 * A log that sends its lines. Never throws, whatever is in the fields.
 *
 * @param post Sends a message to the main isolate.
 */
export function forwardingLog(post: (message: FromThread) => void): Log {
  return {
    log(level: LogLevelName, message: string, fields: LogFields = {}): void {
      const plain: Record<string, string | number | boolean | null> = {};
      for (const [name, value] of Object.entries(fields)) plain[name] = plainValue(value);
      post({ kind: "log", level, message: messageOf(message), fields: plain });
    },
  };
}

/** What JavaScript callers give is not always what the types say, and a function cannot be sent. */
function plainValue(value: unknown): string | number | boolean | null {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  return typeof value === "boolean" ? value : messageOf(value);
}
