/**
 * How the tasks answer `--help` and what they say of arguments that they do not know, so that all of them do it in one
 * way: help is asked for and no fault, a fault is one sentence before the usage.
 *
 * @module
 */

/**
 * The arguments of a task. Who is used to npm writes a `--` before them, which `deno task` hands on.
 *
 * @param args Those of the program.
 */
export function taskArguments(args: readonly string[]): string[] {
  return args[0] === "--" ? args.slice(1) : [...args];
}

/**
 * Prints the help where it is asked for.
 *
 * @param args Those of the task.
 * @param help The usage, an empty line, and what there is to say.
 * @returns Whether it was: then there is nothing else to do, and the exit code is 0.
 */
export function answersHelp(args: readonly string[], help: string): boolean {
  const end = args.indexOf("--");
  const options = end === -1 ? args : args.slice(0, end);
  if (!options.includes("--help") && !options.includes("-h")) return false;
  console.log(help);
  return true;
}

/**
 * What is wrong with the arguments, as one sentence.
 *
 * @param error What was thrown while they were read. Of what `node:util` says only the first sentence is about them.
 */
export function faultOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\. (?=[A-Z])/)[0] ?? message;
}

/**
 * What is said of wrong arguments: the fault, and how it is right.
 *
 * @param help As for {@linkcode answersHelp}: its first paragraph is the usage.
 */
export function refusal(fault: string, help: string): string {
  return `${fault}\n${help.split("\n\n")[0] ?? help}`;
}
