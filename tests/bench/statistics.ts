/**
 * Figures of several rounds as one: the machine is shared, so that the median tells more than the mean.
 *
 * @module
 */

/** The one in the middle, `NaN` for none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

/** A figure with so many decimals, default none. */
export function rounded(value: number, decimals: number = 0): number {
  return Number(value.toFixed(decimals));
}
