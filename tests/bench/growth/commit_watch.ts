/**
 * Sees every commit of a process: how long it took and how many events it finished. It stands between the consumers and
 * their broker, because that is where a commit begins and ends.
 *
 * @module
 */

import type { Broker, CommitResult } from "../../../mod.ts";
import { Histogram } from "../histogram.ts";

/** What was committed through a broker. */
export class CommitWatch {
  /** The broker to give to the consumers. It does not own what is underneath: disposing it does nothing. */
  readonly broker: Broker;
  /** How long commits took, from call to answer. */
  readonly tookMs: Histogram = new Histogram();
  #events = 0;
  #firstAtMs = NaN;
  #lastAtMs = NaN;
  readonly #onCommit: (events: number) => void;

  /** @param onCommit Told after each commit how many events are committed in all. */
  constructor(broker: Broker, onCommit: (events: number) => void) {
    this.#onCommit = onCommit;
    const methods = new Map<PropertyKey, unknown>([
      ["commit", (...args: Parameters<Broker["commit"]>) => this.#watched(broker.commit(...args))],
      [Symbol.asyncDispose, () => Promise.resolve()],
    ]);
    this.broker = new Proxy(broker, {
      get(target, name) {
        if (methods.has(name)) return methods.get(name);
        const value: unknown = Reflect.get(target, name);
        const method: unknown = typeof value === "function" ? value.bind(target) : value;
        methods.set(name, method);
        return method;
      },
    });
  }

  /** Events committed so far. */
  get events(): number {
    return this.#events;
  }

  /** When the first commit was answered, in ms since 1970, `NaN` for none. */
  get firstAtMs(): number {
    return this.#firstAtMs;
  }

  /** When the last one was. */
  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  async #watched(commit: Promise<CommitResult>): Promise<CommitResult> {
    const startMs = performance.now();
    const result = await commit;
    this.tookMs.add(performance.now() - startMs);
    const committed = result.verdicts.filter((verdict) => verdict === "committed").length;
    if (committed === 0) return result;
    this.#lastAtMs = performance.timeOrigin + performance.now();
    if (this.#events === 0) this.#firstAtMs = this.#lastAtMs;
    this.#events += committed;
    this.#onCommit(this.#events);
    return result;
  }
}
