/**
 * Keeps a worker in threads: starts one, and another one after it has ended, with growing waits until one was of use.
 *
 * @module
 */

import { backoffMs, type BackoffOptions } from "../../domain/backoff.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import type { Random } from "../../ports/random.ts";
import { messageOf } from "../attempt.ts";
import { type AttemptNews, Thread, type ThreadOptions } from "./thread.ts";

/** How threads are kept. */
export interface KeeperOptions extends ThreadOptions {
  /** Time. */
  readonly clock: Clock;
  /** Chance, for the jitter. */
  readonly random: Random;
}

/** Whom a keeper tells. */
export interface KeeperListener {
  /** There is a thread, and it is ready. */
  readonly onReady: () => void;
  /** What the thread says of attempts. */
  readonly onNews: (news: AttemptNews) => void;
  /** The thread has ended, or could not be started: why, in words. Another one will be started. */
  readonly onLost: (reason: string) => void;
}

/** How long a thread may take to load the user's modules, in ms: they may be fetched from far away. */
export const START_MS_MAX = 30_000;

/** Waits before the next thread. The first one is short: most end for the sake of one entry. */
const START_BACKOFF: BackoffOptions = { initialMs: 20, maxMs: 10_000, multiplier: 2 };

/** How long a thread may take to end after it was asked to, in ms: a consumer ends within a second after its grace. */
const CLOSE_MS_MAX = 250;

/** Keeps a worker in threads. */
export class ThreadKeeper {
  readonly #options: KeeperOptions;
  readonly #listener: KeeperListener;
  #thread: Thread | null = null;
  #losses = 0;
  #timer: Timer | null = null;
  #isClosed = false;

  /**
   * Tells nothing before it has returned, but may have a thread that is ready.
   *
   * @param options What to start.
   * @param listener Whom to tell.
   * @param first A thread that is ready. Default: it starts one.
   */
  constructor(options: KeeperOptions, listener: KeeperListener, first: Thread | null = null) {
    this.#options = options;
    this.#listener = listener;
    if (first === null || !first.isReady) this.#start();
    else this.#keep(first);
  }

  /** The thread, `null` while there is none that is ready. */
  get thread(): Thread | null {
    return this.#thread?.isReady === true ? this.#thread : null;
  }

  /** The thread was of use: if it ends now, the next one is started soon. */
  wasOfUse(): void {
    this.#losses = 0;
  }

  /** Ends the thread, and starts another one. */
  replace(reason: string): void {
    const thread = this.#thread;
    thread?.terminate();
    this.#lost(thread, reason);
  }

  /** Ends the thread, after the attempt under way if that is soon. Resolves when it has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    const thread = this.#thread;
    this.#thread = null;
    if (thread === null) return;
    const late = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(CLOSE_MS_MAX, late.resolve);
    await Promise.race([thread.close(), late.promise]);
    timer.cancel();
    thread.terminate();
  }

  #start(): void {
    const { clock } = this.#options;
    try {
      const thread = new Thread(this.#options);
      const tooLate = `its modules were not loaded after ${START_MS_MAX} ms`;
      this.#timer = clock.after(START_MS_MAX, () => this.replace(tooLate));
      this.#keep(thread);
    } catch (error) {
      this.#timer = clock.after(0, () => this.#lost(null, messageOf(error)));
    }
  }

  #keep(thread: Thread): void {
    this.#thread = thread;
    const { onNews, onReady } = this.#listener;
    let isTold = false; // what it missed is known to whoever asks
    thread.listen({
      onNews,
      onReady: () => {
        this.#timer?.cancel();
        if (isTold) onReady();
      },
      onEnd: (reason) => this.#lost(thread, reason),
    });
    isTold = true;
  }

  #lost(thread: Thread | null, reason: string): void {
    if (this.#isClosed || this.#thread !== thread) return;
    this.#thread = null;
    this.#timer?.cancel();
    this.#losses++;
    const { clock, random } = this.#options;
    const waitMs = backoffMs(this.#losses, { ...START_BACKOFF, random: random.next() });
    this.#timer = clock.after(waitMs, () => this.#start());
    this.#listener.onLost(reason);
  }
}
