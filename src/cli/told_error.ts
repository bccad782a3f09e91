/**
 * What the command line says of an error: plain lines that say what is wrong and, where it is known, what to do.
 *
 * @module
 */

import { BrokerUnavailableError, TidemarkError } from "../domain/errors.ts";
import { StreamMissingError } from "../domain/stream_errors.ts";
import { InputError, UsageError } from "./command.ts";

/** What to do where no Redis is, as when somebody begins. */
const NOBODY_LISTENS = "Nothing listens there: start Redis, or say where else it is; " +
  "with sqlite_path instead of redis_url, no server is needed.";

/** What to do where a name may be mistyped. */
const STREAMS_ARE_LISTED = 'Run "tidemark streams" for those that are there.';

/**
 * The lines for an error, without a line end.
 *
 * @param error What a command threw.
 * @param command Which one.
 */
export function toldOf(error: unknown, command: string): string {
  if (error instanceof UsageError) {
    return `${error.message}\nRun "tidemark help" for what there is.`;
  }
  if (error instanceof BrokerUnavailableError && error.reason === "ECONNREFUSED") {
    return `${error.message}\n${NOBODY_LISTENS}`;
  }
  // Only who runs consumers can have the stream made by an option.
  if (error instanceof StreamMissingError && command !== "run") {
    return `Cannot read stream "${error.stream}": it does not exist, its first event makes it\n${STREAMS_ARE_LISTED}`;
  }
  if (error instanceof TidemarkError || error instanceof InputError) return error.message;
  // Not ours: its name helps to find it, its stack would only frighten.
  return error instanceof Error ? `${error.name}: ${error.message}` : `Failed: ${String(error)}`;
}
