/**
 * Waiting for what cannot be waited for otherwise, without a timer that would be part of the figures.
 *
 * @module
 */

/** Lets everything else go on that is ready. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
