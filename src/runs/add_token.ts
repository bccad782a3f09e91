/**
 * The mark of an adding call in its journal, by which the call can be made again.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";

/**
 * The mark, apart from those that Tidemark makes itself.
 *
 * @param idempotencyKey The caller's own; `undefined` for none.
 * @param changes How many changes the call is.
 * @returns `null` for none.
 * @throws {InvalidOptionError} For a key that is none, or a call of more changes than one.
 */
export function addToken(idempotencyKey: string | undefined, changes: number): string | null {
  if (idempotencyKey === undefined) return null;
  if (!/^[\x21-\x7e]{1,64}$/.test(idempotencyKey)) {
    const wanted = "1 to 64 visible ASCII characters";
    throw new InvalidOptionError("idempotencyKey", idempotencyKey, wanted);
  }
  if (changes > 1) {
    const wanted = "at most 500 events and 4 MiB with an idempotencyKey";
    throw new InvalidOptionError("events", `a list of ${changes} changes`, wanted);
  }
  return `add:${idempotencyKey}`;
}
