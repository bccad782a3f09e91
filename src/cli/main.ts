/**
 * The command line: finds the command, runs it, and turns what it throws into one plain line and an exit code.
 *
 * @module
 */

import { nearestName } from "../config/nearest.ts";
import { ConfigurationError } from "../config/configuration_error.ts";
import { configurationHelp } from "../config/help_text.ts";
import { InvalidNameError, InvalidOptionError } from "../domain/errors.ts";
import { InvalidEventError } from "../domain/event_errors.ts";
import { chart } from "./chart.ts";
import { checkpoint } from "./checkpoint.ts";
import { type Command, InputError, UsageError } from "./command.ts";
import { deadLetters } from "./dead_letters.ts";
import { DEMO_HELP } from "./demo/help.ts";
import { explain } from "./explain.ts";
import { groups } from "./groups.ts";
import { inspect } from "./inspect.ts";
import { pending } from "./pending.ts";
import { publish } from "./publish.ts";
import { replay } from "./replay.ts";
import { run } from "./run.ts";
import { runs } from "./runs.ts";
import { status } from "./status.ts";
import { streams } from "./streams.ts";
import { tail } from "./tail.ts";
import { writeNote, writeResult } from "./terminal.ts";
import { toldOf } from "./told_error.ts";
import { VERSION } from "../telemetry/version.ts";

const demo: Command = {
  name: "demo",
  summary: "Show exactly-once handling at work, without any set-up",
  help: DEMO_HELP,
  async run(args) {
    const { demo } = await import("./demo.ts");
    return await demo([...args]);
  },
};

/** All commands, in the order of the overview. */
export const COMMANDS: readonly Command[] = [
  publish,
  run,
  status,
  explain,
  inspect,
  streams,
  groups,
  pending,
  checkpoint,
  deadLetters,
  runs,
  tail,
  replay,
  chart,
  demo,
];

/**
 * Runs the command line.
 *
 * @param args The arguments, without the program's name.
 * @returns The exit code: 0 done, 1 failed, 2 wrong use or configuration. Never rejects.
 */
export async function main(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    writeNote(toldOf(error, args[0] ?? ""));
    return exitCodeOf(error);
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    writeNote(overview());
    return 2;
  }
  if (name === "--version" || name === "-V") return answer(`tidemark ${VERSION}`);
  if (name === "help" || name === "--help" || name === "-h") return help(rest);
  const command = commandNamed(name);
  const options = rest.slice(0, indexOfEnd(rest));
  if (options.includes("--help") || options.includes("-h")) return answer(command.help);
  return await command.run(rest);
}

function help(args: readonly string[]): number {
  const [name] = args;
  if (name === "config") return answer(configurationHelp());
  return answer(name === undefined ? overview() : commandNamed(name).help);
}

function overview(): string {
  const names = [...COMMANDS.map((each) => each.name), "help"];
  const width = Math.max(...names.map((name) => name.length));
  const line = (name: string, summary: string) => `  ${name.padEnd(width)}  ${summary}`;
  return [
    "Usage: tidemark COMMAND [OPTIONS]",
    "",
    "Handles the events of streams; what their handlers publish appears exactly once.",
    "",
    "Commands:",
    ...COMMANDS.map((each) => line(each.name, each.summary)),
    line("help", "Show this, with a command its options, with config those of the file"),
    "",
    "Exit codes: 0 done, 1 failed, 2 wrong use or configuration.",
  ].join("\n");
}

function commandNamed(name: string): Command {
  const command = COMMANDS.find((each) => each.name === name);
  if (command !== undefined) return command;
  // An option that stands first may hold a password: it is not shown.
  if (name.startsWith("-")) {
    throw new UsageError("Cannot use an option here: say first what to do, as in tidemark status");
  }
  const nearest = nearestName(name, [...COMMANDS.map((each) => each.name), "help"]);
  const guess = nearest === undefined ? "" : `, did you mean ${nearest}?`;
  throw new UsageError(`Unknown command "${name}"${guess}`);
}

function answer(text: string): number {
  writeResult(text);
  return 0;
}

/** Where options end: at a `--`, or with the arguments. */
function indexOfEnd(args: readonly string[]): number {
  const index = args.indexOf("--");
  return index === -1 ? args.length : index;
}

function exitCodeOf(error: unknown): number {
  const isWrongUse = error instanceof UsageError || error instanceof InputError ||
    error instanceof ConfigurationError ||
    error instanceof InvalidNameError || error instanceof InvalidOptionError ||
    error instanceof InvalidEventError;
  return isWrongUse ? 2 : 1;
}
