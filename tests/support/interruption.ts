/**
 * How the long campaigns hear Ctrl-C: their work is told by a signal, and cleans up after itself.
 *
 * @module
 */

/** SIGINT and SIGTERM as an abort signal, until it is disposed. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #interrupt = (): void => this.end(new Error("interrupted"));

  /** Begins to listen. */
  constructor() {
    Deno.addSignalListener("SIGINT", this.#interrupt);
    Deno.addSignalListener("SIGTERM", this.#interrupt);
  }

  /** Aborted by the first of them, or by `end`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Interrupts for a reason of one's own. */
  end(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Leaves the signals to Deno again. */
  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGINT", this.#interrupt);
    Deno.removeSignalListener("SIGTERM", this.#interrupt);
  }
}
