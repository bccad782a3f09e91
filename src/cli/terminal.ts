/**
 * Writing to whoever called: results on standard output, everything else on standard error.
 *
 * @module
 */

import { escapeUnprintable, withoutSecrets } from "../domain/printable.ts";

/** Often enough to look alive, rarely enough to cost nothing. */
const PROGRESS_MS = 100;

const ERASE_LINE = "\r\u001b[2K";

const encoder = new TextEncoder();

/**
 * Writes a line on standard output. A reader that went away, such as `head`, is no fault.
 *
 * @returns `false` when there is no reader any more, so that endless output can end.
 */
export function writeResult(line: string): boolean {
  return write(Deno.stdout, `${line}\n`);
}

/** Writes lines on standard error, with what could steer a terminal escaped and passwords hidden. Never throws. */
export function writeNote(text: string): void {
  const lines = text.split("\n").map((line) => escapeUnprintable(withoutSecrets(line)));
  remark(`${lines.join("\n")}\n`);
}

/** One line on standard error that is written over and over, on a terminal only. */
export class ProgressLine implements Disposable {
  readonly #shown: boolean = Deno.stderr.isTerminal();
  #writtenAtMs = 0;

  /**
   * Shows how far it is.
   *
   * @param text Makes the line; called only when it is shown, at most ten times a second.
   */
  show(text: () => string): void {
    const nowMs = performance.now();
    if (!this.#shown || nowMs - this.#writtenAtMs < PROGRESS_MS) return;
    this.#writtenAtMs = nowMs;
    remark(`${ERASE_LINE}${text()}`);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#writtenAtMs > 0) remark(ERASE_LINE);
    this.#writtenAtMs = 0;
  }
}

/** A full disk or a terminal that was closed must not stop the work that is being told about. */
function remark(text: string): void {
  try {
    write(Deno.stderr, text);
  } catch {
    // There is nobody left to tell.
  }
}

function write(target: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  const bytes = encoder.encode(text);
  try {
    for (let from = 0; from < bytes.length;) from += target.writeSync(bytes.subarray(from));
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    return false;
  }
}
