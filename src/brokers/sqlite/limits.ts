/**
 * Checks of the numbers in a call: refused before anything is read or written.
 *
 * @module
 */

import { InvalidOptionError } from "../../domain/errors.ts";

/** @throws {InvalidOptionError} When the number is not whole, or not between 1 and `max`. */
export function checkCount(option: string, count: number, max: number): void {
  if (!Number.isInteger(count) || count < 1 || count > max) {
    throw new InvalidOptionError(option, count, `a whole number from 1 to ${max}`);
  }
}

/** @throws {InvalidOptionError} When the number is not whole, or negative. */
export function checkWhole(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new InvalidOptionError(option, value, "a whole number, not negative");
  }
}
