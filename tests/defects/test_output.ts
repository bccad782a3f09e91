/**
 * Reading what `deno test` prints about a copy with a defect: which test caught it, and whether it did so by an assertion.
 * A copy that does not load proves nothing, whatever colour it gives.
 *
 * @module
 */

import { readSummary } from "../run.ts";

/** What a run says about a defect. */
export type Finding =
  /** A test of this name in this file failed, with this error in a line. */
  | {
    readonly kind: "caught";
    readonly test: string;
    readonly file: string;
    readonly error: string;
  }
  /** All tests passed. */
  | { readonly kind: "survived" }
  /** No test said anything: the copy does not load, or the defect is no sound program. */
  | { readonly kind: "broken"; readonly reason: string };

/** A line of the list of failures at the end: `NAME => ./tests/FILE:LINE:COLUMN`. */
const FAILURE = /^(\S.*) => (?:\.\/)?(\S+\.ts):\d+:\d+$/m;

/** What the first failing test threw. */
const ERROR = /^error: (.*)$/m;

/** Programs that are no programs, in TypeScript, Lua and SQL. */
const UNSOUND =
  /^.*(SyntaxError|ReferenceError|\(uncaught error\)|TypeError: .* is not a function|Error compiling script|near "[^"]*": syntax error|no such column|Script attempted to access nonexistent global|attempt to (?:call|index|compare|perform)).*$/m;

/**
 * Reads it.
 *
 * @param output What `deno test` printed, without colours.
 * @param code Its exit code.
 */
export function readFinding(output: string, code: number): Finding {
  if (code === 0) {
    return readSummary(output, code).passed > 0
      ? { kind: "survived" }
      : { kind: "broken", reason: "no test ran" };
  }
  const unsound = UNSOUND.exec(output)?.[0].trim();
  if (unsound !== undefined) return { kind: "broken", reason: unsound };
  const [, test, file] = FAILURE.exec(output) ?? [];
  if (test === undefined || file === undefined) {
    return { kind: "broken", reason: output.trim().split("\n").at(-1) ?? "nothing was printed" };
  }
  return { kind: "caught", test, file, error: ERROR.exec(output)?.[1] ?? "" };
}
