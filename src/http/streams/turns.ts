/**
 * One writer at a time for each stream, in the order in which they came: those of one process do not have to find out by
 * failing that another one was faster. Between processes the journal's version decides.
 *
 * @module
 */

/** Who writes to which stream. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Does a work when all earlier ones of the same name are over.
   *
   * @param name Of the stream.
   * @param work What to do; its failure is the caller's and does not stop the next one.
   */
  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name);
    const mine = (before ?? Promise.resolve()).then(work, work);
    this.#last.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    }
  }
}
