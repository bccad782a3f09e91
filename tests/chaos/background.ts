/**
 * What a campaign does later, while it goes on: to let a stopped process go on, to see that a replaced one ends.
 *
 * @module
 */

/** Work under way. */
export class Background {
  readonly #running = new Set<Promise<void>>();

  /** Begins some work. What it throws is thrown by {@linkcode Background.settled}. */
  begin(work: () => Promise<void>): void {
    const running = work();
    this.#running.add(running);
    running.then(() => this.#running.delete(running), () => {});
  }

  /** Waits until no work is under way any more. @throws what any of it threw, or why the signal was aborted. */
  async settled(signal: AbortSignal): Promise<void> {
    const ended = Promise.withResolvers<never>();
    const onAbort = () => ended.reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    try {
      signal.throwIfAborted();
      while (this.#running.size > 0) {
        await Promise.race([Promise.all(this.#running), ended.promise]);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
