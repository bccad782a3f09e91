/**
 * Runs the command line inside the test's own process: what a test of many outcomes needs, in a hundredth of the time.
 * What ends a process, such as a signal, is tested with `command_line.ts`.
 *
 * @module
 */

import { main } from "../../src/cli/main.ts";
import type { Outcome } from "./command_line.ts";

/** Runs the command line to its end, without a terminal. */
export async function runHere(args: readonly string[]): Promise<Outcome> {
  const stdout = capture(Deno.stdout);
  const stderr = capture(Deno.stderr);
  const isTerminal = Deno.stdin.isTerminal;
  Deno.stdin.isTerminal = () => false;
  try {
    const code = await main([...args]);
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.end();
    stderr.end();
    Deno.stdin.isTerminal = isTerminal;
  }
}

/** Keeps what is written, and says that nobody looks. */
function capture(target: typeof Deno.stdout) {
  const { writeSync, isTerminal } = target;
  const chunks: Uint8Array[] = [];
  target.writeSync = (bytes) => {
    chunks.push(bytes.slice());
    return bytes.length;
  };
  target.isTerminal = () => false;
  return {
    text: () => new TextDecoder().decode(new Uint8Array(chunks.flatMap((chunk) => [...chunk]))),
    end: () => {
      target.writeSync = writeSync;
      target.isTerminal = isTerminal;
    },
  };
}
