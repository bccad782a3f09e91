/**
 * The command line as a program of its own, for the tests: `deno run` this file with the arguments of `tidemark`.
 *
 * @module
 */

import { main } from "../../src/cli/main.ts";

/** What a run of the command line left behind. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface RunOptions {
  /** What is typed. */
  readonly stdin?: string | Uint8Array;
  /** Where relative paths are seen from. */
  readonly cwd?: string;
}

const ENTRY = new URL(import.meta.url).pathname;

/** A command for the command line, in a process that may touch /tmp only, and what `permissions` add to that. */
export function tidemark(
  args: readonly string[],
  { permissions = [], ...options }: Deno.CommandOptions & {
    readonly permissions?: readonly string[];
  } = {},
): Deno.Command {
  const config = new URL("../../deno.json", import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    ...options,
    args: [
      ...["run", "--no-prompt", "--quiet", `--config=${config}`, "--ignore-env"],
      ...["--allow-read", "--allow-write=/tmp", ...permissions, ENTRY, ...args],
    ],
  });
}

/** Runs the command line to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { stdin = "", cwd } = options;
  const child = tidemark(args, {
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
  const writer = child.stdin.getWriter();
  try {
    await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
    await writer.close();
  } catch (error) {
    // It may end before it has read everything.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A folder that is removed with the test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ dir: "/tmp", prefix: "tidemark-cli-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
