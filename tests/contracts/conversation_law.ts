/**
 * The laws that hold for any answer of a broker, whatever it was asked before.
 *
 * @module
 */

/** Demands a law. @throws With the law in words, and the facts that break it. */
export function assertLaw(
  holds: boolean,
  law: string,
  facts: Readonly<Record<string, unknown>>,
): asserts holds {
  if (!holds) throw new Error(`Law broken: ${law}: ${JSON.stringify(facts)}`);
}
