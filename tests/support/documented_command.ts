/**
 * Commands as they stand in the README and in the examples, run as they stand there: the same arguments and the same
 * permissions, only that nobody is asked for more (`--no-prompt`). No shell is needed, so that a test needs no
 * permission for one.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

/** One command. */
export interface DocumentedCommand {
  /** As it is written, without its comment. */
  readonly text: string;
  /** What follows the `#`, empty for none. */
  readonly comment: string;
  /** The program and its arguments. */
  readonly words: readonly string[];
  /** What `echo '…' |` gives to it. */
  readonly input: string | undefined;
  /** The file after `<`. */
  readonly inputFile: string | undefined;
}

/** What a command left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a command. */
export interface CommandOptions {
  /** Where it runs. */
  readonly cwd: string;
  /** What it reads. Default: what `echo` gives to it, or nothing. */
  readonly input?: string;
  /** For a program that does not end by itself: SIGTERM is sent as soon as this is true of what it has printed. */
  readonly until?: (stdout: string) => boolean;
  /** For a program that does not end by itself: SIGTERM is sent when it is aborted. */
  readonly end?: AbortSignal;
}

/** A program that has not ended by then hangs. */
const END_MS_MAX = 30_000;

/**
 * Reads a line of a shell: words, quotes, `echo … |`, `< file` and a comment.
 *
 * @throws {AssertionError} When there is more in it than that.
 */
export function parseCommand(line: string): DocumentedCommand {
  const [, text = "", comment = ""] = /^((?:'[^']*'|"[^"]*"|[^'"#]|(?<=\S)#)*)(?:#\s*(.*))?$/
    .exec(line.trim()) ?? [];
  const words = [...text.matchAll(/'([^']*)'|"([^"]*)"|[^\s'"]+/g)]
    .map(([whole, single, double]) => single ?? double ?? whole);
  const parts = {
    text: text.trim(),
    comment: comment.trim(),
    input: undefined,
    inputFile: undefined,
  };
  const pipe = words.indexOf("|");
  if (pipe !== -1) {
    const [echo, input, ...more] = words.slice(0, pipe);
    assertEquals([echo, more], ["echo", []], `Cannot run "${line}": only echo may feed it`);
    return { ...parts, words: words.slice(pipe + 1), input: `${input ?? ""}\n` };
  }
  const redirect = words.indexOf("<");
  if (redirect === -1) return { ...parts, words };
  assertEquals(words.length, redirect + 2, `Cannot run "${line}": wanted one file after <`);
  return { ...parts, words: words.slice(0, redirect), inputFile: words[redirect + 1] };
}

/** Whether a command gives every permission. */
export function allowsEverything({ words }: DocumentedCommand): boolean {
  return words.some((word) => /^(-[a-zA-Z]*A[a-zA-Z]*|--allow-all)$/.test(word));
}

/** Runs a `deno run …` to its end. */
export async function runCommand(
  command: DocumentedCommand,
  options: CommandOptions,
): Promise<CommandResult> {
  const [program, verb, ...args] = command.words;
  assertEquals([program, verb], ["deno", "run"], command.text);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...args],
    cwd: options.cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const hanging = setTimeout(() => child.kill("SIGKILL"), END_MS_MAX);
  const end = () => child.kill("SIGTERM");
  options.end?.addEventListener("abort", end, { once: true });
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input ?? command.input ?? ""));
    await writer.close();
    const stderr = new Response(child.stderr).text();
    let stdout = "";
    let told = false;
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      stdout += text;
      if (told || options.until?.(stdout) !== true) continue;
      told = true;
      child.kill("SIGTERM");
    }
    const { code, signal } = await child.status;
    assert(signal !== "SIGKILL", `"${command.text}" did not end, it printed:\n${stdout}`);
    return { code, stdout, stderr: await stderr };
  } finally {
    options.end?.removeEventListener("abort", end);
    clearTimeout(hanging);
  }
}
