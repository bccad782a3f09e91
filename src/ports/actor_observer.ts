/**
 * Who looks at the actors of a process from outside, such as the inspector's recorder: those who run actors know it by this
 * alone.
 *
 * @module
 */

/** What an actor works for; `null` where it works for more than one, or it is not known. */
export interface ActorPlace {
  /** The stream. */
  readonly stream: string | null;
  /** The group. */
  readonly group: string | null;
  /** The consumer's name. */
  readonly consumer: string | null;
}

/** Looks at actors. */
export interface ActorObserver {
  /**
   * Looks at a system of actors from now on, also at one that has yet to start, or runs for long. It does not block, and
   * whatever it throws harms no actor.
   *
   * @param root The actor that has no parent.
   * @param place What it works for, where it does not say so itself.
   * @returns Ends it: nothing is left on the system. Idempotent.
   */
  attach(root: unknown, place?: ActorPlace | null): () => void;
}
