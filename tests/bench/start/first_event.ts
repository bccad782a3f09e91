/**
 * How long a program takes from its start to its first event: a new process each time, told apart by what Deno has kept
 * of earlier ones.
 *
 * @module
 */

import { linesOf } from "../../chaos/worker_line.ts";

/** A program to start. */
export interface Program {
  /** Everything after `deno run`. */
  readonly args: readonly string[];
  /** Where Deno keeps packages and compiled code; `null`: where it always does. */
  readonly cache: string | null;
  readonly signal: AbortSignal;
}

/** How long a program that has handled its event may take to end by itself, in ms. */
const END_MS_MAX = 10_000;

/**
 * Starts a program and waits for the line that its handler prints; then ends it in good order, because Deno keeps
 * compiled code only of programs that ended.
 *
 * @returns Ms from start to line.
 * @throws {Error} When the program ends without that line, or the signal's reason.
 */
export async function firstEventMs({ args, cache, signal }: Program): Promise<number> {
  signal.throwIfAborted();
  const startMs = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...args],
    env: cache === null ? {} : { DENO_DIR: cache },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
  }).spawn();
  const complaint = new Response(process.stderr).text();
  const reader = process.stdout.getReader();
  for await (const line of linesOf(reader)) {
    if (line !== "handled") continue;
    const tookMs = performance.now() - startMs;
    await end(process);
    await reader.cancel();
    await complaint;
    return tookMs;
  }
  await process.status;
  signal.throwIfAborted();
  throw new Error(`A program ended before its first event: ${await complaint}`);
}

async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGTERM");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
  const late = setTimeout(() => process.kill("SIGKILL"), END_MS_MAX);
  await process.status;
  clearTimeout(late);
}
