/**
 * How effects answer the machine: with their event, or with the failure and what to do about it. After the end nothing
 * is said any more.
 *
 * @module
 */

import { recoveryOf, TidemarkError } from "../domain/errors.ts";
import { messageOf } from "../workers/attempt.ts";
import type { Load } from "../workers/load.ts";
import type { ConsumerEvent } from "./machine_events.ts";
import { DecidedError } from "./opening.ts";

/** Answers for one machine. */
export class Answers {
  readonly #load: () => Load;
  readonly #tell: (event: ConsumerEvent) => void;
  #lastError: unknown = null;
  #closed = false;

  /**
   * @param load What the pool holds now.
   * @param tell Tells the machine.
   */
  constructor(load: () => Load, tell: (event: ConsumerEvent) => void) {
    this.#load = load;
    this.#tell = tell;
  }

  /** The last error that a call threw. */
  get lastError(): unknown {
    return this.#lastError;
  }

  /** Tells the machine. */
  send(event: ConsumerEvent): void {
    if (!this.#closed) this.#tell(event);
  }

  /** Tells what the pool holds now. */
  sendLoad(): void {
    this.send({ type: "pool.load", load: this.#load() });
  }

  /** Runs an effect and answers with its event, or with the failure. */
  run(request: number, effect: () => Promise<ConsumerEvent>): void {
    effect().then(
      (event) => this.send(event),
      (error: unknown) => this.fail(request, error),
    );
  }

  /** Answers with a failure. */
  fail(request: number, thrown: unknown): void {
    const isDecided = thrown instanceof DecidedError;
    const error = this.note(isDecided ? thrown.cause : thrown);
    this.send({
      type: "broker.failed",
      request,
      recovery: isDecided ? "fatal" : recoveryOf(error),
      code: error instanceof TidemarkError ? error.code : "UNEXPECTED",
      message: messageOf(error),
      load: this.#load(),
    });
  }

  /** Remembers an error that the machine is not told of by an answer. @returns it. */
  note(error: unknown): unknown {
    this.#lastError = error;
    return error;
  }

  /** Says nothing any more. */
  close(): void {
    this.#closed = true;
  }
}
