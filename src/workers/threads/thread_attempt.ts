/**
 * An attempt in a thread: the same attempt as in the main isolate, but that its signal can also be seen by a handler that
 * never pauses, and that there is no database at hand.
 *
 * @module
 */

import { BrokerUnsupportedError } from "../../domain/errors.ts";
import { HandlerAbortedError } from "../../domain/event_errors.ts";
import { Attempt } from "../attempt.ts";
import type { StopFlag } from "./stop_flag.ts";

/** An attempt in a thread. */
export class ThreadAttempt extends Attempt {
  readonly #stopFlag: StopFlag;
  #isSignalLive = false;
  #isToldToStop = false;

  /** @param stopFlag Set by the main isolate; the rest as for every attempt. */
  constructor(stopFlag: StopFlag, ...given: ConstructorParameters<typeof Attempt>) {
    super(...given);
    this.#stopFlag = stopFlag;
  }

  /** Aborted as soon as it is looked at after the flag was set, not only when a message could be read. */
  override get signal(): AbortSignal {
    const signal = super.signal;
    if (this.#isSignalLive) return signal;
    this.#isSignalLive = true;
    const look = () => this.obeyFlag();
    const { aborted, throwIfAborted } = liveMembers(signal, look);
    Object.defineProperty(signal, "aborted", { get: aborted, configurable: true });
    Object.defineProperty(signal, "throwIfAborted", { value: throwIfAborted, configurable: true });
    return signal;
  }

  /** Tells the handler to stop, if the flag says so. */
  obeyFlag(): void {
    const { reason } = this.#stopFlag;
    if (reason === null || this.#isToldToStop) return;
    this.#isToldToStop = true;
    this.abort(new HandlerAbortedError(reason));
  }

  override database(): void {
    throw new BrokerUnsupportedError(
      "Cannot use context.database in a thread: the database is open in the main isolate, use mode inline",
    );
  }
}

/** What the signal's own members would say, once the flag was looked at. */
function liveMembers(
  signal: AbortSignal,
  look: () => void,
): { readonly aborted: () => boolean; readonly throwIfAborted: () => void } {
  const isAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")?.get;
  const throwIfAborted = AbortSignal.prototype.throwIfAborted;
  return {
    aborted() {
      look();
      return isAborted?.call(signal) === true;
    },
    throwIfAborted() {
      look();
      throwIfAborted.call(signal);
    },
  };
}
