/**
 * Announces this process on the broker, so that `status`, `explain` and the inspector see it from anywhere: every two
 * seconds, and soon after something changed. It is a courtesy: no failure of it is ever in the way of an event.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";
import type { InstanceStore } from "../ports/instance_store.ts";
import { encodeInstance, type InstanceRecord } from "../telemetry/instance_record.ts";

/** The wait between two announcements, in ms: fresh enough for people, next to nothing for a server. */
const INTERVAL_MS = 2_000;

/** How soon after a change, in ms; changes come in swarms. */
const SOON_MS = 250;

/** How long an announcement counts, in ms: a process that was killed is on the list for so long. */
const LEASE_MS = 10_000;

/** How long taking it back may hold up a stop, in ms. */
const WITHDRAW_MS_MAX = 300;

/** What an announcer needs. */
export interface AnnouncerOptions {
  /** Where to announce. */
  readonly broker: InstanceStore;
  /** Time. */
  readonly clock: Clock;
  /** What to say now. */
  readonly record: () => InstanceRecord;
}

/** Announces until it is closed. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #timer: Timer | null = null;
  #dueAtMs = 0;
  #call: Promise<void> | null = null;
  #isClosed = false;

  /** Begins soon. @param options Where, and what. */
  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#announceIn(SOON_MS);
  }

  /** Something changed: it is announced soon. */
  changed(): void {
    const soonMs = this.#options.clock.nowMs() + SOON_MS;
    if (this.#call === null && this.#dueAtMs > soonMs) this.#announceIn(SOON_MS);
  }

  /** Takes the announcement back. @returns When that was done, or has taken too long. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    const { broker, clock, record } = this.#options;
    const { instance } = record();
    const done = Promise.withResolvers<void>();
    const timer = clock.after(WITHDRAW_MS_MAX, done.resolve);
    const withdrawn = (this.#call ?? Promise.resolve()).then(() => broker.withdraw(instance));
    withdrawn.then(done.resolve, done.resolve);
    await done.promise;
    timer.cancel();
  }

  #announceIn(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#dueAtMs = this.#options.clock.nowMs() + delayMs;
    this.#timer = this.#options.clock.after(delayMs, () => this.#announce());
  }

  #announce(): void {
    const { broker, record } = this.#options;
    const call = async () => {
      const said = record();
      await broker.announce(said.instance, encodeInstance(said), LEASE_MS);
    };
    const next = () => {
      this.#call = null;
      this.#announceIn(INTERVAL_MS);
    };
    this.#call = call().then(next, next); // the broker's own trouble is told by the consumers
  }
}
