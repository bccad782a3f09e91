/**
 * Counts the threads that live: each one that runs `thread_beacon.ts` holds a connection for as long as it does. That
 * sees what the program itself may have lost track of, and needs no look at the operating system.
 *
 * @module
 */

/** Counts threads until it is disposed. */
export class ThreadCounter implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting: Promise<void>;
  readonly #reading = new Set<Promise<void>>();
  /** How many were ever started. */
  started = 0;
  /** How many live. */
  living = 0;
  /** How many ended themselves. */
  suicides = 0;

  /** Begins to count. */
  constructor() {
    this.#accepting = this.#accept();
  }

  /** The handler that is counted; its outputs go to a stream. */
  handler(results: string): URL {
    const url = new URL("./thread_beacon.ts", import.meta.url);
    url.searchParams.set("port", String(this.#listener.addr.port));
    url.searchParams.set("results", results);
    return url;
  }

  /** Counts no more; waits until the last thread has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#reading);
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const reading = this.#count(connection);
      this.#reading.add(reading);
      void reading.then(() => this.#reading.delete(reading));
    }
  }

  async #count(connection: Deno.Conn): Promise<void> {
    using _ = connection;
    this.started++;
    this.living++;
    try {
      while (await connection.read(new Uint8Array(16)) !== null) this.suicides++;
    } catch {
      // A thread that is cut off resets its connection; it has ended all the same.
    }
    this.living--;
  }
}
