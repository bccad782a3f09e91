/**
 * Many consumers that say the same thing at the same time, as when their server goes away or comes back, in two lines
 * instead of one for each: the first one as it is, and a second later how many others said so too. Lines about single
 * events are left alone.
 *
 * @module
 */

import { type Clock, systemClock, type Timer } from "../ports/clock.ts";
import type { Log, LogFields, LogLevelName } from "../ports/log.ts";

/** How long others are waited for, in ms: consumers notice an outage within a second of each other. */
const GATHER_MS = 1_000;

/** So many names of streams are written; more than that nobody reads. */
const STREAMS_MAX = 5;

type Line = readonly [level: LogLevelName, message: string, fields: LogFields];

/** What was said, and by how many since it was written. */
interface Refrain {
  readonly others: Line[];
  readonly timer: Timer;
}

/** A log that gathers what many consumers say together. */
export class Chorus implements Log, Disposable {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #refrains = new Map<string, Refrain>();
  #isClosed = false;

  /**
   * @param log Where lines go.
   * @param clock Time. Default: this machine's.
   */
  constructor(log: Log, clock: Clock = systemClock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Writes a line, or gathers it with others like it. */
  log(level: LogLevelName, message: string, fields: LogFields = {}): void {
    const isOfConsumer = "consumer" in fields && !("id" in fields || "ids" in fields);
    if (!isOfConsumer || this.#isClosed) return this.#log.log(level, message, fields);
    // Errors with a code name streams and groups in their texts; without one, only the text tells them apart.
    const key = JSON.stringify([level, message, fields.code ?? fields.error ?? null]);
    const refrain = this.#refrains.get(key);
    if (refrain !== undefined) {
      refrain.others.push([level, message, fields]);
      return;
    }
    const timer = this.#clock.after(GATHER_MS, () => this.#tellOthers(key));
    this.#refrains.set(key, { others: [], timer });
    this.#log.log(level, message, fields);
  }

  /** Writes what was gathered; from then on every line is written at once. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const key of [...this.#refrains.keys()]) this.#tellOthers(key);
  }

  #tellOthers(key: string): void {
    const refrain = this.#refrains.get(key);
    this.#refrains.delete(key);
    refrain?.timer.cancel();
    const [first] = refrain?.others ?? [];
    if (refrain === undefined || first === undefined) return;
    if (refrain.others.length === 1) return this.#log.log(...first);
    const [level, message, fields] = first;
    const streams = [...new Set(refrain.others.map(([, , { stream }]) => String(stream)))];
    this.#log.log(level, `${message}: so say other consumers too`, {
      consumers: refrain.others.length,
      streams: streams.length > STREAMS_MAX ? streams.length : streams.join(" "),
      ...("code" in fields ? { code: fields.code } : {}),
      ...("error" in fields ? { error: fields.error } : {}),
    });
  }
}
