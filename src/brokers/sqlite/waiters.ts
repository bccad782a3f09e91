/**
 * Who waits for new entries. Within this process an append wakes the readers of its stream at once. Another process's
 * append is noticed by `PRAGMA data_version`, which changes when another connection has committed; it is looked at only
 * while somebody waits, and only for a file.
 *
 * @module
 */

import type { Clock, Timer } from "../../ports/clock.ts";
import type { Connection } from "./connection.ts";
import { integerOf } from "./rows.ts";

/** A wait to be ended. */
interface Waiter {
  readonly stream: string;
  /** Whose it is: `leave` ends all waits of a membership. */
  readonly owner: string;
  readonly end: (reason: WaitEnd) => void;
}

/** Why a wait ended: something may have changed, or it should not go on. */
export type WaitEnd = "woken" | "over";

/** How to wait. */
export interface WaitOptions {
  /** The stream to be woken by. */
  readonly stream: string;
  /** Whose wait it is. */
  readonly owner: string;
  /** How long at most. */
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** All waits of one broker. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();
  readonly #connection: Connection;
  readonly #clock: Clock;
  /** 0: nobody else can write to this database. */
  readonly #pollMs: number;
  #poll: Timer | null = null;
  /**
   * What `data_version` was at the last poll. Kept while nobody waits, so that no change between two waits is missed;
   * `null` at first, which wakes everybody at the first poll.
   */
  #version: number | null = null;

  constructor(
    connection: Connection,
    options: { readonly clock: Clock; readonly pollMs: number },
  ) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#pollMs = options.pollMs;
  }

  /** Waits until the stream may have something new, the time is over, or the wait is ended. Never rejects. */
  wait(options: WaitOptions): Promise<WaitEnd> {
    const { stream, owner, timeoutMs, signal } = options;
    return new Promise((resolve) => {
      const onAbort = () => waiter.end("over");
      const timer = this.#clock.after(timeoutMs, onAbort);
      const waiter: Waiter = {
        stream,
        owner,
        end: (reason) => {
          if (!this.#waiters.delete(waiter)) return;
          timer.cancel();
          signal.removeEventListener("abort", onAbort);
          if (this.#waiters.size === 0) this.#stopPolling();
          resolve(reason);
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#startPolling();
      if (signal.aborted) onAbort();
    });
  }

  /** Wakes the readers of a stream. */
  wake(stream: string): void {
    for (const waiter of [...this.#waiters]) if (waiter.stream === stream) waiter.end("woken");
  }

  /** Ends the waits of one owner, or all. */
  end(owner: string | "all"): void {
    for (const waiter of [...this.#waiters]) {
      if (owner === "all" || waiter.owner === owner) waiter.end("over");
    }
  }

  #startPolling(): void {
    if (this.#pollMs > 0 && this.#poll === null) this.#schedulePoll();
  }

  #schedulePoll(): void {
    this.#poll = this.#clock.after(this.#pollMs, () => {
      this.#poll = null;
      this.#lookForChanges();
      if (this.#waiters.size > 0 && this.#poll === null) this.#schedulePoll();
    });
  }

  #stopPolling(): void {
    this.#poll?.cancel();
    this.#poll = null;
  }

  #lookForChanges(): void {
    const version = this.#dataVersion();
    if (version !== null && version === this.#version) return;
    this.#version = version;
    for (const waiter of [...this.#waiters]) waiter.end("woken");
  }

  /** `null` when it cannot be told: then everybody looks for himself and meets the error. */
  #dataVersion(): number | null {
    try {
      return integerOf(this.#connection.statement("PRAGMA data_version").get()?.data_version);
    } catch {
      return null;
    }
  }
}
