/**
 * The bounds of the HTTP server, each with its reason: there is nothing that a client can send or hold without limit.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";

/** Bounds of the HTTP server. */
export interface HttpLimits {
  /** The longest body of a request, in bytes. Default 1,114,112: a payload of 1 MiB and 64 KiB for what is around it. */
  readonly bodyBytesMax: number;
  /** The bodies that are held at the same time, in bytes. Default 67,108,864: 64 MiB. */
  readonly bodiesBytesMax: number;
  /** How long a body may take to arrive, in ms. Default 10,000: a phone on a bad line sends 1 MiB in that. */
  readonly bodyMsMax: number;
  /** The most headers of a request. Default 64: browsers send about 20. */
  readonly headersMax: number;
  /** Their names and values together, in bytes. Default 16,384, as most servers have it. */
  readonly headerBytesMax: number;
  /** The longest address of a request, in characters. Default 8,192. */
  readonly urlLengthMax: number;
  /** Open streams at the same time. Default 256. */
  readonly streamsMax: number;
  /** Open streams of one address at the same time. Default 16; raise it where a proxy stands in front. */
  readonly streamsPerAddressMax: number;
  /** Open streams of one run at the same time. Default 128. */
  readonly streamsPerRunMax: number;
  /** What waits for one slow client before it is cut, in bytes. Default 1,048,576. */
  readonly streamBytesMax: number;
  /** How long a slow client that is waited for may take nothing before it is cut, in ms. Default 10,000. */
  readonly stalledMsMax: number;
  /** A stream that is silent for so long gets a sign of life, in ms. Default 15,000, half of what proxies wait. */
  readonly heartbeatMs: number;
}

/** What counts where nothing is said. */
export const HTTP_LIMITS: HttpLimits = {
  bodyBytesMax: 1_048_576 + 65_536,
  bodiesBytesMax: 64 * 1_048_576,
  bodyMsMax: 10_000,
  headersMax: 64,
  headerBytesMax: 16_384,
  urlLengthMax: 8_192,
  streamsMax: 256,
  streamsPerAddressMax: 16,
  streamsPerRunMax: 128,
  streamBytesMax: 1_048_576,
  stalledMsMax: 10_000,
  heartbeatMs: 15_000,
};

/** The longest wait of a timer; everything else is far below it. */
const LIMIT_MAX = 2_147_483_647;

/**
 * Completes bounds.
 *
 * @param given What differs from {@linkcode HTTP_LIMITS}.
 * @throws {InvalidOptionError} For a bound that is not a whole number from 1 to 2,147,483,647.
 */
export function httpLimits(given: Partial<HttpLimits> = {}): HttpLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Number.isInteger(value) || value < 1 || value > LIMIT_MAX) {
      throw new InvalidOptionError(
        `limits.${name}`,
        value,
        `a whole number from 1 to ${LIMIT_MAX}`,
      );
    }
  }
  return { ...HTTP_LIMITS, ...given };
}
