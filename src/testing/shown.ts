/**
 * Texts from a user's own test, cut so that a message stays readable.
 *
 * @module
 */

import { printable } from "../domain/printable.ts";

/** Two lines of a terminal. */
const LENGTH_MAX = 200;

/** A text on one line, cut. */
export function shown(text: string): string {
  return printable(text, LENGTH_MAX);
}
