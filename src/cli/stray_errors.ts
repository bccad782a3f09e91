/**
 * What the user's code does to the whole program. Errors that nobody waits for, from a forgotten `await` or a timer: by
 * itself Deno would end the program in the middle of everything. Nobody knows which event such an error belongs to, nor
 * what it has left undone, so the program still ends; but in order, with a line of the log, and with its entries handed
 * back. And `Deno.exit`, which cannot be held up: it is told, and does not pass for a success.
 *
 * @module
 */

import type { Log } from "../ports/log.ts";

/** An error's text is cut and cleaned by the log; of one that repeats itself, this many lines are enough. */
const LINES_MAX = 20;

/** Listens for such ends until it is disposed. */
export class StrayErrors implements Disposable {
  readonly #log: Log;
  readonly #isStopping: () => boolean;
  readonly #controller = new AbortController();
  #count = 0;
  readonly #onError = (event: ErrorEvent): void => this.#heard(event, event.error);
  readonly #onRejection = (event: PromiseRejectionEvent): void => this.#heard(event, event.reason);
  readonly #onUnload = (): void => this.#exits();

  /**
   * @param log Where they are told.
   * @param options `isStopping`: whether the program was told to end, and may do so at once.
   */
  constructor(log: Log, options: { readonly isStopping: () => boolean }) {
    this.#log = log;
    this.#isStopping = options.isStopping;
    globalThis.addEventListener("error", this.#onError);
    globalThis.addEventListener("unhandledrejection", this.#onRejection);
    globalThis.addEventListener("unload", this.#onUnload);
  }

  /** Aborted by the first one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Leaves such errors to Deno again. */
  [Symbol.dispose](): void {
    globalThis.removeEventListener("error", this.#onError);
    globalThis.removeEventListener("unhandledrejection", this.#onRejection);
    globalThis.removeEventListener("unload", this.#onUnload);
  }

  #heard(event: Event, error: unknown): void {
    event.preventDefault();
    if (this.#count++ < LINES_MAX) {
      const message =
        "an error that nobody waited for, such as by a handler without await, ends the program";
      this.#log.log("error", message, { error: textOf(error) });
    }
    this.#controller.abort();
  }

  #exits(): void {
    if (this.#isStopping()) return;
    if (Deno.exitCode === 0) Deno.exitCode = 1;
    const message =
      "code of a handler ended the program at once, its entries wait for the end of their leases";
    this.#log.log("error", message, { exitCode: Deno.exitCode });
  }
}

/** A text for anything that can be thrown, also for what cannot be looked at. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    return "something was thrown that cannot be shown";
  }
}
