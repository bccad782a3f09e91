/**
 * The limits of streams, each with its default and why it is that. What is the same for all routes, such as how many may
 * read live and what a slow reader is cut at, is the server's own.
 *
 * @module
 */

import { InvalidOptionError } from "../../domain/errors.ts";

/** What the routes of streams bound. */
export interface StreamsLimits {
  /** A request's body, in bytes; default 4 MiB, at most 6 MiB: with what a fork copies it must fit into one change. */
  readonly bodyBytesMax: number;
  /** How long a body may take, in ms; default 30,000: 4 MiB on a bad line. */
  readonly bodyMsMax: number;
  /** What one response to a catch-up read holds, in bytes, but one entry at least; default 1 MiB. */
  readonly chunkBytesMax: number;
  /** How long a long-poll waits, in ms; default 25,000: below what proxies cut. */
  readonly longPollMs: number;
  /** How long an SSE response lasts, in ms, less up to a tenth; default 60,000, as the protocol wishes (10.2). */
  readonly sseMs: number;
  /** What a fork may copy, in bytes; default 256 MiB. */
  readonly forkBytesMax: number;
  /** How many entries a stream keeps; `null`, the default: all. */
  readonly entriesMax: number | null;
}

const DEFAULTS: StreamsLimits = {
  bodyBytesMax: 4_194_304,
  bodyMsMax: 30_000,
  chunkBytesMax: 1_048_576,
  longPollMs: 25_000,
  sseMs: 60_000,
  forkBytesMax: 268_435_456,
  entriesMax: null,
};

/** The largest value of each; timers overflow beyond the largest of ms. */
const LARGEST: Readonly<Record<keyof StreamsLimits, number>> = {
  bodyBytesMax: 6_291_456,
  bodyMsMax: 3_600_000,
  chunkBytesMax: 16_777_216,
  longPollMs: 3_600_000,
  sseMs: 3_600_000,
  forkBytesMax: 1_099_511_627_776,
  entriesMax: 1_000_000_000,
};

/**
 * Completes and checks limits.
 *
 * @throws {InvalidOptionError} When one cannot be.
 */
export function streamsLimits(given: Partial<StreamsLimits> = {}): StreamsLimits {
  const limits = { ...DEFAULTS, ...given };
  for (const [name, max] of Object.entries(LARGEST)) {
    const value: unknown = Reflect.get(limits, name);
    if (name === "entriesMax" && value === null) continue;
    if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > max) {
      throw new InvalidOptionError(`limits.${name}`, value, `a whole number from 1 to ${max}`);
    }
  }
  return limits;
}
