/**
 * One attempt: decode the entry, check its data, run the handler, and tell what became of it. Whatever the handler does,
 * also never settling or throwing something odd, costs this entry only.
 *
 * @module
 */

import { TIMER_MS_MAX } from "../domain/backoff.ts";
import { type Codec, decodeEntry } from "../domain/codec.ts";
import type { Delivery } from "../domain/entry.ts";
import { BrokerUnsupportedError, ClosedError, InvalidOptionError } from "../domain/errors.ts";
import { HandlerAbortedError, InvalidEventError } from "../domain/event_errors.ts";
import { encodeEvent, type Event, type NewEvent } from "../domain/event.ts";
import { checkName } from "../domain/names.ts";
import { validateData } from "../domain/schema.ts";
import type { Output } from "../domain/settlement.ts";
import type { TransactionWork } from "../domain/transaction.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Log, LogFields, LogLevelName } from "../ports/log.ts";
import {
  type AttemptPlace,
  type HandlerContext,
  type HandlerDefinition,
  idempotencyKeyOf,
} from "./handler.ts";

/** What became of an attempt. */
export type AttemptResult =
  | {
    readonly kind: "handled";
    readonly outputs: readonly Output[];
    readonly work: readonly TransactionWork[];
  }
  | { readonly kind: "deferred"; readonly delayMs: number }
  | {
    readonly kind: "givenUp";
    readonly reason: string;
    readonly error: unknown;
    /** Whether the handler ran. */
    readonly tried: boolean;
  }
  | { readonly kind: "failed"; readonly error: unknown };

/** What all attempts of a consumer share. */
export interface AttemptOptions {
  /** The user's handler. */
  readonly handler: HandlerDefinition;
  /** How entries are read. */
  readonly codec: Codec;
  /** Where the entries are from. */
  readonly place: AttemptPlace;
  /** How long an attempt may take, in ms; 0 for no bound. */
  readonly timeoutMs: number;
  /** Whether the broker shares its database. */
  readonly hasDatabase: boolean;
  /** Time. */
  readonly clock: Clock;
  /** Where `context.log` writes to. */
  readonly log: Log;
}

/** A year: longer waits are a sign of a wrong unit. */
const DEFER_MS_MAX = 31_536_000_000;

/**
 * The outputs of one entry go to the broker in one commit, which holds up everybody else there. Beyond 512 MiB it cannot
 * even be written down (the longest string of V8), and would fail the entry's consumer instead of the entry.
 */
const OUTPUTS_LENGTH_MAX = 67_108_864;

const NOTHING: readonly never[] = [];

/** An attempt on one entry; also the context that its handler gets. */
export class Attempt implements HandlerContext {
  readonly #delivery: Delivery;
  readonly #options: AttemptOptions;
  readonly #failures: number;
  #outputs: Output[] | null = null;
  #outputsLength = 0;
  #work: TransactionWork[] | null = null;
  #decision: AttemptResult | null = null;
  #controller: AbortController | null = null;
  #aborted: HandlerAbortedError | null = null;
  #stopWaiting: ((error: HandlerAbortedError) => void) | null = null;
  #over = false;

  /**
   * @param delivery The entry.
   * @param failures How many attempts failed before.
   * @param options What all attempts share.
   */
  constructor(delivery: Delivery, failures: number, options: AttemptOptions) {
    this.#delivery = delivery;
    this.#failures = failures;
    this.#options = options;
  }

  /** Runs it. Never throws and never rejects; a plain result where the handler was synchronous. */
  run(): AttemptResult | Promise<AttemptResult> {
    const { handler, codec, place } = this.#options;
    let event: Event;
    try {
      event = decodeEntry(this.#delivery, place.stream, codec);
    } catch (error) {
      this.#over = true;
      return { kind: "givenUp", reason: messageOf(error), error, tried: false };
    }
    try {
      const running = handler.schema === undefined
        ? handler.handle(event, this)
        : this.#validateAndHandle(event, handler);
      if (running === undefined || typeof running?.then !== "function") return this.#finish();
      return this.#bounded(running);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Whether it has ended, well or not. Its handler may still run after an abort. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Tells the handler to stop, and stops waiting for it. */
  abort(error: HandlerAbortedError): void {
    if (this.#over) return;
    this.#aborted = error;
    this.#controller?.abort(error);
    this.#stopWaiting?.(error);
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted !== null) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  get attempt(): number {
    return this.#failures + 1;
  }

  get deliveries(): number {
    return this.#delivery.deliveries;
  }

  get idempotencyKey(): string {
    return idempotencyKeyOf(this.#options.place, this.#delivery.id);
  }

  log(level: LogLevelName, message: string, fields?: LogFields): void {
    const { stream, group, consumer } = this.#options.place;
    this.#options.log.log(level, message, {
      stream,
      group,
      consumer,
      id: this.#delivery.id,
      ...fields,
    });
  }

  publish(stream: string, event: NewEvent): void {
    this.#checkOpen();
    const fields = encodeEvent(event, { sourceId: this.#delivery.id });
    checkName("stream", stream);
    const length = fields.reduce((sum, { length }) => sum + length, this.#outputsLength);
    if (length > OUTPUTS_LENGTH_MAX) {
      throw new InvalidEventError(
        `the outputs of one event have ${length} characters, wanted at most ${OUTPUTS_LENGTH_MAX}`,
      );
    }
    this.#outputsLength = length;
    (this.#outputs ??= []).push({ stream, fields });
  }

  defer(delayMs: number): void {
    this.#checkOpen();
    if (!(delayMs >= 0 && delayMs <= DEFER_MS_MAX)) {
      throw new InvalidOptionError("delayMs", delayMs, `0 to ${DEFER_MS_MAX}`);
    }
    this.#decision = { kind: "deferred", delayMs };
  }

  deadLetter(reason: string): void {
    this.#checkOpen();
    this.#decision = { kind: "givenUp", reason: String(reason), error: null, tried: true };
  }

  database(work: TransactionWork): void {
    this.#checkOpen();
    if (!this.#options.hasDatabase) {
      throw new BrokerUnsupportedError(
        "Cannot use context.database: only the SQLite broker shares its database with the handler",
      );
    }
    (this.#work ??= []).push(work);
  }

  async #validateAndHandle(event: Event, handler: HandlerDefinition): Promise<void> {
    if (handler.schema === undefined) return;
    const checked = await validateData(handler.schema, event.data);
    if (this.#over) return; // aborted meanwhile: the entry may be another consumer's
    if (checked.valid) {
      await handler.handle({ ...event, data: checked.value }, this);
    } else {
      this.#decision = {
        kind: "givenUp",
        reason: `its data is not valid: ${checked.issues}`,
        error: null,
        tried: false,
      };
    }
  }

  /** Waits for the handler until it settles, is aborted, or takes too long. */
  #bounded(running: PromiseLike<unknown>): Promise<AttemptResult> {
    const timeoutMs = this.#options.handler.timeoutMs ?? this.#options.timeoutMs;
    return new Promise((resolve) => {
      let timer: Timer | null = null;
      if (timeoutMs > 0) {
        timer = this.#options.clock.after(
          Math.min(timeoutMs, TIMER_MS_MAX), // a longer timer would fire at once
          () => this.abort(new HandlerAbortedError("timeout")),
        );
      }
      const settle = (result: AttemptResult) => {
        timer?.cancel();
        resolve(result);
      };
      this.#stopWaiting = (error) => settle(this.#fail(error));
      // By way of a promise, because the `then` of something else can throw.
      Promise.resolve(running).then(
        () => settle(this.#finish()),
        (error: unknown) => settle(this.#fail(error)),
      );
      // A handler may have stopped its own consumer before it returned.
      if (this.#aborted !== null) this.#stopWaiting(this.#aborted);
    });
  }

  #finish(): AttemptResult {
    this.#over = true;
    if (this.#aborted !== null) return { kind: "failed", error: this.#aborted };
    return this.#decision ??
      { kind: "handled", outputs: this.#outputs ?? NOTHING, work: this.#work ?? NOTHING };
  }

  #fail(error: unknown): AttemptResult {
    this.#over = true;
    return { kind: "failed", error };
  }

  #checkOpen(): void {
    if (this.#over) throw new ClosedError("a handler's context after its attempt is over");
  }
}

/** A text for anything that can be thrown. */
export function messageOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something was thrown that cannot be shown";
  }
}
