/**
 * Runs code of the user that may never return. A thread that is kept busy cannot be ended from outside: `terminate()`
 * waits for its next pause (measured on Deno 2.9.6). It can be cut off from inside: `node:vm` watches the time of what
 * it runs, and stops loops, regular expressions and `Atomics.wait` alike. What runs after an `await` is not watched.
 *
 * @module
 */

import { createContext, Script } from "node:vm";

/** The code was cut off: nobody knows in which state it left its module. */
export class CutOffError extends Error {
  /** Says after how long. */
  constructor(unbrokenMsMax: number) {
    super(`the handler kept its thread busy for ${unbrokenMsMax} ms and was cut off`);
    this.name = "CutOffError";
  }
}

/** Runs code of the user, and cuts it off if it takes too long without a pause. */
export class UnbrokenRun {
  readonly #sandbox: { run: () => unknown } = { run: () => {} };
  readonly #script = new Script("run()");
  #isWatching = false;

  constructor() {
    createContext(this.#sandbox);
  }

  /**
   * Calls a function. Costs 5 µs if it is watched.
   *
   * @param code What to call.
   * @param unbrokenMsMax How long it may take until it returns, in ms; 0 for no bound.
   * @returns What it returns.
   * @throws {CutOffError} When it was cut off.
   * @throws What it throws.
   */
  call<Result>(code: () => Result, unbrokenMsMax: number): Result {
    if (unbrokenMsMax === 0 || this.#isWatching) return code();
    const outcome: { value?: { readonly result: Result } } = {};
    this.#isWatching = true;
    this.#sandbox.run = () => void (outcome.value = { result: code() });
    try {
      this.#script.runInContext(this.#sandbox, { timeout: unbrokenMsMax });
    } catch (error) {
      throw isTimeout(error) ? new CutOffError(unbrokenMsMax) : error;
    } finally {
      this.#isWatching = false;
    }
    if (outcome.value === undefined) throw new CutOffError(unbrokenMsMax);
    return outcome.value.result;
  }
}

/** The error is of another realm: it is no `Error` of this one. */
function isTimeout(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error &&
    error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
