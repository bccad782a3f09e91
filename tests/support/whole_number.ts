/**
 * Whole numbers in the arguments of the campaigns.
 *
 * @module
 */

/**
 * Reads one.
 *
 * @param option What it is called, without dashes.
 * @throws {Error} That says what was wanted.
 */
export function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= min) return value;
  throw new Error(`Cannot use --${option} ${text}: wanted a whole number, at least ${min}`);
}
