/**
 * What the commands on runs share: the run that they are about, and the way to it.
 *
 * @module
 */

import { checkRunId } from "../../domain/run.ts";
import type { Broker } from "../../ports/broker.ts";
import type { Log } from "../../ports/log.ts";
import type { RunOperator } from "../../service/run_operator.ts";
import { refuseMore } from "../arguments.ts";
import { UsageError } from "../command.ts";

/**
 * Reads the one id that a command takes.
 *
 * @param positionals What was typed, without options.
 * @param command The command, for the error.
 * @throws {UsageError} When there is none, or more, or it cannot be one.
 */
export function runArgument(positionals: readonly string[], command: string): string {
  const [run, ...rest] = positionals;
  if (run === undefined) throw new UsageError(`Cannot run "${command}": no run is named`);
  refuseMore(rest, command);
  try {
    return checkRunId(run);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Opens the runs of a broker. Loaded only now, so that a help text costs nothing.
 *
 * @param options `log`: told of trouble while a run is followed.
 */
export async function openRuns(
  broker: Broker,
  options: { readonly log?: Log } = {},
): Promise<RunOperator> {
  const { RunOperator } = await import("../../service/run_operator.ts");
  return new RunOperator({ broker, ...options });
}
