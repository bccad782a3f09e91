/**
 * What a command of the command line is, and how its arguments are read.
 *
 * @module
 */

import { parseArgs, type ParseArgsConfig } from "node:util";
import { nearestName } from "../config/nearest.ts";

/** One command. */
export interface Command {
  /** What is typed. */
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** The text of `--help`, without a line end. */
  readonly help: string;
  /**
   * Does it.
   *
   * @param args What follows the command's name.
   * @returns The exit code: 0 done, 1 failed, 2 wrong use or configuration.
   */
  run(args: readonly string[]): Promise<number>;
}

/** The command was used in a wrong way: told in one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a command was given to read is not what it should be: told in one line, exit code 2. */
export class InputError extends Error {
  override readonly name = "InputError";
}

/** Options of a command, as `node:util` wants them. */
export type OptionTable = NonNullable<ParseArgsConfig["options"]>;

/** What {@linkcode readArguments} makes of a table. */
export type Arguments<Table extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: Table; allowPositionals: true }>
>;

/**
 * Reads arguments.
 *
 * @param args What follows the command's name.
 * @param options What is known.
 * @throws {UsageError} For an unknown option or a missing value.
 */
export function readArguments<const Table extends OptionTable>(
  args: readonly string[],
  options: Table,
): Arguments<Table> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(usageFault(error, Object.keys(options)));
  }
}

/** The first sentence of the parser's message, which names the option, and a guess. */
function usageFault(error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const [sentence = message] = message.split(/\.(?:\s|$)/);
  const given = /^Unknown option '--([^'\s]+)'/.exec(sentence)?.[1];
  const nearest = given === undefined ? undefined : nearestName(given, known);
  return nearest === undefined ? sentence : `${sentence}, did you mean --${nearest}?`;
}
