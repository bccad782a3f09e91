/**
 * Finds where the requests and the replies in a stream of bytes begin and end, so that a proxy can lose, cut or hold
 * exactly one of them. The parser is that of ioredis; both sides of RESP 2 have the same form.
 *
 * @module
 */

import { Buffer } from "node:buffer";
// @ts-types="./redis_parser.d.ts"
import Parser from "redis-parser";

/** One request or one reply. */
export interface Frame {
  /** As it was on the wire. */
  readonly bytes: Uint8Array;
  /** What it says; an `Error` for a refusal. */
  readonly value: unknown;
}

/** Reads one direction of one connection. */
export class FrameReader {
  readonly #parser: Parser;
  #pieces: Uint8Array[] = [];
  #found: { readonly value: unknown; readonly rest: number }[] = [];

  /** Nothing is read yet. */
  constructor() {
    const found = (value: unknown) => {
      // The parser's buffer always ends where the last piece ends, whatever it kept from earlier ones.
      const { buffer, offset } = this.#parser;
      this.#found.push({ value, rest: (buffer?.length ?? 0) - offset });
    };
    this.#parser = new Parser({
      returnReply: found,
      returnError: found,
      returnFatalError: (error) => {
        throw error;
      },
    });
  }

  /**
   * Takes the next piece.
   *
   * @returns What is complete with it, in order.
   * @throws {Error} When it is not RESP 2.
   */
  push(piece: Uint8Array): Frame[] {
    this.#found = [];
    this.#parser.execute(Buffer.from(piece));
    let begin = 0;
    const frames = this.#found.map(({ value, rest }): Frame => {
      const end = piece.length - rest;
      const bytes = joined([...this.#pieces, piece.subarray(begin, end)]);
      this.#pieces = [];
      begin = end;
      return { bytes, value };
    });
    if (begin < piece.length) this.#pieces.push(piece.slice(begin));
    return frames;
  }
}

/** The words of a request; those that are no text are left out. */
export function wordsOf({ value }: Frame): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((word): word is string => typeof word === "string");
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}
