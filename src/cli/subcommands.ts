/**
 * Commands that have several verbs, such as `checkpoint show` and `checkpoint reset`.
 *
 * @module
 */

import { nearestName } from "../config/nearest.ts";
import { UsageError } from "./command.ts";

/** What each verb does with the arguments behind it; the exit code. */
export type Verbs = Readonly<Record<string, (args: readonly string[]) => Promise<number>>>;

/**
 * Runs the verb that stands first.
 *
 * @param command The command's name, for the error.
 * @param args The verb, and what follows it.
 * @throws {UsageError} When there is none, or none that is known.
 */
export function runVerb(command: string, args: readonly string[], verbs: Verbs): Promise<number> {
  const [verb, ...rest] = args;
  const known = Object.keys(verbs);
  // An option that stands first may hold a password: it is not shown.
  if (verb === undefined || verb.startsWith("-")) {
    throw new UsageError(
      `Cannot run "${command}": say first what to do, wanted ${known.join(", ")}`,
    );
  }
  const run = known.includes(verb) ? verbs[verb] : undefined;
  if (run !== undefined) return run(rest);
  const nearest = nearestName(verb, known);
  throw new UsageError(
    `Unknown command "${command} ${verb}", ${
      nearest === undefined ? `wanted ${known.join(", ")}` : `did you mean ${nearest}?`
    }`,
  );
}
