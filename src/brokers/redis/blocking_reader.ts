/**
 * The connection on which one consumer waits for entries. A blocking read holds up everything behind it (T24), so each
 * consumer has its own, made when it first waits.
 *
 * @module
 */

import { type Argument, type ConnectionSettings, RedisConnection } from "./connection.ts";
import type { CallContext } from "./errors.ts";

/** Waits for entries. One wait at a time. */
export class BlockingReader {
  readonly #settings: ConnectionSettings;
  #connection: RedisConnection | null = null;
  /** Settles when nothing is left of the connections that were closed. */
  #closing: Promise<void> = Promise.resolve();

  /** @param settings How to connect. */
  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /**
   * Sends a command that blocks.
   *
   * @param options `blockMs`: for how long; `signal`: ends the wait by closing the connection. What the server answers
   * to a closed connection is lost; entries in it stay pending.
   * @returns The answer; `null` after an abort.
   */
  async read(
    command: string,
    args: readonly Argument[],
    options: {
      readonly blockMs: number;
      readonly signal: AbortSignal;
      readonly context: CallContext;
    },
  ): Promise<unknown> {
    const { blockMs, signal, context } = options;
    if (signal.aborted) return null;
    const connection = this.#connection ??= new RedisConnection(this.#settings);
    const onAbort = () => this.close();
    signal.addEventListener("abort", onAbort);
    try {
      const withinMs = this.#settings.connectTimeoutMs;
      // Sent in this turn where it can be: the server then reads while handlers run that were started in it.
      if (!connection.isReady) await connection.whenReady({ withinMs, patient: false, signal });
      return await connection.call(command, args, context, { blockMs });
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /**
   * Closes the connection; a wait under way ends. The next read makes a new one.
   *
   * @returns When nothing is left of it, nor of one that an aborted read has closed.
   */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) {
      this.#closing = Promise.all([this.#closing, connection.close()]).then(() => {});
    }
    await this.#closing;
  }
}
