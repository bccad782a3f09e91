/**
 * Counts the requests in what a client sends to Redis, without keeping any of it: a bound on how hard a client knocks
 * is checked on the wire, where also attempts count that the server never answers.
 *
 * @module
 */

const LINE_END = 10;
const ZERO = 48;
const NINE = 57;
const ARRAY = 42;
const BULK = 36;

/** How many bytes end a bulk string. */
const BULK_END = 2;

/** Reads one connection's requests, in pieces of any size. */
export class RequestCounter {
  #count = 0;
  /** So many bytes belong to an argument and say nothing. */
  #skip = 0;
  #kind = 0;
  #number = 0;

  /** How many requests began so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      this.#take(bytes[at] ?? 0);
      at++;
    }
  }

  #take(byte: number): void {
    if (byte === LINE_END) this.#endLine();
    else if (this.#kind === 0) this.#kind = byte;
    else if (byte >= ZERO && byte <= NINE) this.#number = this.#number * 10 + byte - ZERO;
  }

  #endLine(): void {
    if (this.#kind === ARRAY) this.#count++;
    if (this.#kind === BULK) this.#skip = this.#number + BULK_END;
    this.#kind = 0;
    this.#number = 0;
  }
}
