/**
 * Asking before something is done that cannot be taken back.
 *
 * @module
 */

import { UsageError } from "./command.ts";
import { writeNote } from "./terminal.ts";

/** Who is asked; tests answer for themselves. */
export interface Asked {
  /** Whether there is somebody to ask. */
  isTerminal(): boolean;
  /** Reads what was typed, at most one line of it. */
  readSync(bytes: Uint8Array): number | null;
}

/** Nobody types more to say yes. */
const ANSWER_BYTES_MAX = 64;

/**
 * Makes sure that there will be an answer, before anything else is done.
 *
 * @param yes Whether the answer was given beforehand, by `--yes`.
 * @throws {UsageError} When it was not, and there is nobody to ask.
 */
export function checkCanAsk(yes: boolean, asked: Asked = Deno.stdin): void {
  if (yes || asked.isTerminal()) return;
  throw new UsageError("Cannot ask whether to do it: there is no terminal, add --yes");
}

/**
 * Asks.
 *
 * @param question What will be done.
 * @param yes Whether the answer was given beforehand; nothing is then asked.
 * @returns Whether to do it. Anything but "yes" and "y" means no.
 */
export function confirmed(question: string, yes: boolean, asked: Asked = Deno.stdin): boolean {
  if (yes) return true;
  writeNote(`${question}\nType yes to do it, anything else to leave everything as it is:`);
  const bytes = new Uint8Array(ANSWER_BYTES_MAX);
  const count = asked.readSync(bytes) ?? 0;
  const answer = new TextDecoder().decode(bytes.subarray(0, count)).trim().toLowerCase();
  if (answer === "yes" || answer === "y") return true;
  writeNote("Nothing was changed");
  return false;
}
