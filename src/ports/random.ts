/**
 * Chance, so that tests and the simulator can repeat it.
 *
 * @module
 */

/** Where chance comes from. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A text that nobody else makes, such as a UUID. */
  uniqueText(): string;
}

/** The chance of this machine. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uniqueText: () => crypto.randomUUID(),
};
