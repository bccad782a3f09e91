/**
 * The story of an outage, told once for all consumers of a service: what the first one met, how many wait, and when it is
 * over after how long. What each single consumer says about it is for level `debug`.
 *
 * @module
 */

import { CALL_FAILED, CONSUMER_FAILED, CONSUMER_STOPPED, GOING_ON } from "../consumer/narration.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Log, LogFields, LogLevelName } from "../ports/log.ts";

/** When nobody new has met it for so long, everybody has: a short call fails at once, a long one within its deadline. */
const QUIET_MS = 1_000;

/** It is told after this time, whoever meets it later. */
const GATHER_MS_MAX = 5_000;

/** A consumer that goes on may fail once more, at the answer of a read that was under way. */
const CALM_MS = 1_000;

/** Whoever looks at the log in a long outage sees that it lasts. */
const REMIND_MS = 60_000;

/** So many consumers are named; more names say less than their number. */
const NAMED_MAX = 5;

/** A consumer that says one of these does not wait, or is not there any more. */
const AFTER_WAITING: readonly string[] = [GOING_ON, CONSUMER_STOPPED, CONSUMER_FAILED];

interface Outage {
  readonly sinceMs: number;
  /** Everyone whom it has struck. */
  readonly struck: Set<string>;
  /** Those who wait still. */
  readonly waiting: Set<string>;
  /** What the last one met. */
  failure: LogFields;
  failedCalls: number;
  /** When nobody waited any more, which may have been the end. */
  overMs: number;
  /** Everybody has had the time to meet it. */
  isGathered: boolean;
  isTold: boolean;
}

/** A log that gathers what consumers say about failed calls. Every other line passes at once and unchanged. */
export class OutageStory implements Log, Disposable {
  readonly #log: Log;
  readonly #clock: Clock;
  #outage: Outage | null = null;
  #timer: Timer | null = null;

  /**
   * @param log Where lines go.
   * @param clock Time.
   */
  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Writes one line, or gathers it. */
  log(level: LogLevelName, message: string, fields: LogFields = {}): void {
    if (message === CALL_FAILED) return this.#failed(level, fields);
    const isGathered = message === GOING_ON && (this.#outage?.struck.size ?? 0) > 1;
    this.#log.log(isGathered ? "debug" : level, message, fields);
    if (AFTER_WAITING.includes(message)) this.#waitsNoMore(fields);
  }

  /** Tells no more. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#outage = null;
  }

  #failed(level: LogLevelName, fields: LogFields): void {
    const nowMs = this.#clock.nowMs();
    const outage = this.#outage ??= newOutage(nowMs);
    const name = nameOf(fields);
    const isNew = !outage.struck.has(name);
    outage.struck.add(name);
    outage.waiting.add(name);
    outage.failure = fields;
    this.#log.log(outage.struck.size > 1 ? "debug" : level, CALL_FAILED, fields);
    if (!isNew || outage.isGathered) return;
    this.#later(Math.max(0, Math.min(QUIET_MS, outage.sinceMs + GATHER_MS_MAX - nowMs)));
  }

  #waitsNoMore(fields: LogFields): void {
    const outage = this.#outage;
    if (outage === null || !outage.waiting.delete(nameOf(fields))) return;
    outage.failedCalls += Number(fields.failedCalls ?? 0);
    if (outage.waiting.size > 0) return;
    outage.overMs = this.#clock.nowMs();
    this.#later(CALM_MS);
  }

  #later(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => this.#tell());
  }

  #tell(): void {
    const outage = this.#outage;
    if (outage === null) return;
    outage.isGathered = true;
    if (outage.waiting.size === 0) this.#tellEnd(outage);
    else this.#tellState(outage);
  }

  #tellState(outage: Outage): void {
    this.#later(REMIND_MS);
    if (outage.struck.size === 1 && !outage.isTold) return; // its own line says it all
    const { waiting, failure, isTold, sinceMs } = outage;
    const message = isTold
      ? "the broker still cannot be used, consumers wait"
      : "the broker cannot be used, consumers wait";
    this.#log.log("warn", message, {
      consumers: waiting.size,
      ...(waiting.size > NAMED_MAX ? {} : { names: [...waiting].join(" ") }),
      ...(isTold ? { forMs: this.#clock.nowMs() - sinceMs } : {}),
      code: failure.code ?? null,
      error: failure.error ?? null,
    });
    outage.isTold = true;
  }

  #tellEnd({ struck, failedCalls, sinceMs, overMs }: Outage): void {
    this[Symbol.dispose]();
    if (struck.size === 1) return;
    this.#log.log("info", "the broker can be used again, all consumers go on", {
      consumers: struck.size,
      afterMs: overMs - sinceMs,
      failedCalls,
    });
  }
}

function newOutage(sinceMs: number): Outage {
  return {
    sinceMs,
    struck: new Set(),
    waiting: new Set(),
    failure: {},
    failedCalls: 0,
    overMs: 0,
    isGathered: false,
    isTold: false,
  };
}

function nameOf({ stream, group, consumer }: LogFields): string {
  return `${stream}/${group}/${consumer}`;
}
