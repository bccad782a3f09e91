/**
 * What we use of `npm:redis-parser`, the parser of ioredis, which has no types of its own.
 *
 * @module
 */

/** What a parser tells. */
export interface ParserOptions {
  readonly returnReply: (value: unknown) => void;
  readonly returnError: (error: Error) => void;
  readonly returnFatalError: (error: Error) => void;
}

/** Reads one side of one connection, in pieces of any size. */
export default class Parser {
  constructor(options: ParserOptions);
  /** What it has not given back yet ends where the last piece ended. */
  readonly buffer: Uint8Array | null;
  /** How far it has read in `buffer`. */
  readonly offset: number;
  /** Takes the next piece; tells of all that is complete with it before it returns. */
  execute(piece: Uint8Array): void;
}
