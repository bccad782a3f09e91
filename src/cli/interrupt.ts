/**
 * SIGINT and SIGTERM: the first one asks for a clean end, the second one ends at once.
 *
 * @module
 */

import { writeNote } from "./terminal.ts";

/** Listens for the signals until it is disposed. */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #note: string;
  readonly #say: (note: string) => void;
  readonly #signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  readonly #listener = (): void => this.#interrupt();

  /**
   * @param note What is said at the first signal.
   * @param say Where it is said. Default: on standard error.
   */
  constructor(note: string, say: (note: string) => void = writeNote) {
    this.#note = note;
    this.#say = say;
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.#listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Leaves the signals to Deno again. */
  [Symbol.dispose](): void {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.#listener);
  }

  #interrupt(): void {
    if (this.#controller.signal.aborted) Deno.exit(1);
    this.#say(this.#note);
    this.#controller.abort();
  }
}
