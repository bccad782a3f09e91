/**
 * How long a stream lives: as long as it is read or written (`Stream-TTL`), or until a time (`Stream-Expires-At`). The
 * journal's own expiry does it, by the broker's clock.
 *
 * @module
 */

import type { JournalWrite } from "../../ports/journal_store.ts";
import { badRequest } from "./refusals.ts";
import type { Lifetime } from "./stream_state.ts";

/** A hundred years: what a journal's expiry takes. */
const TTL_SECONDS_MAX = 3_153_600_000;

const TTL = /^(?:0|[1-9]\d{0,9})$/;

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** For ever. */
export const NO_EXPIRY: Lifetime = { ttlSeconds: null, expiresAt: null };

/**
 * The lifetime that a request asks for.
 *
 * @throws {ProblemError} When it is malformed, or asks for both.
 */
export function lifetimeOf(headers: Headers): Lifetime {
  const ttl = headers.get("stream-ttl");
  const expiresAt = headers.get("stream-expires-at");
  if (ttl !== null && expiresAt !== null) {
    throw badRequest("TWO_LIFETIMES", "Stream-TTL and Stream-Expires-At exclude each other");
  }
  if (ttl !== null && (!TTL.test(ttl) || Number(ttl) > TTL_SECONDS_MAX)) {
    throw badRequest(
      "INVALID_TTL",
      `Stream-TTL is a whole number of seconds, 0 to ${TTL_SECONDS_MAX}`,
    );
  }
  if (expiresAt !== null && !(RFC_3339.test(expiresAt) && Date.parse(expiresAt) >= 0)) {
    throw badRequest(
      "INVALID_EXPIRES_AT",
      "Stream-Expires-At is a time such as 2030-01-31T12:00:00Z",
    );
  }
  return { ttlSeconds: ttl === null ? null : Number(ttl), expiresAt };
}

/** Whether two lifetimes are one; times are compared, not their spellings. */
export function sameLifetime(left: Lifetime, right: Lifetime): boolean {
  return left.ttlSeconds === right.ttlSeconds && timeOf(left) === timeOf(right);
}

/** What a write tells the journal of the lifetime. */
export function expiryOf(lifetime: Lifetime): Pick<JournalWrite, "expireMs" | "expireAtMs"> {
  const atMs = timeOf(lifetime);
  if (atMs !== null) return { expireAtMs: atMs };
  return { expireMs: touchMsOf(lifetime) };
}

/** How long a read lets the stream live on, in ms; `null` when reading does not matter. */
export function touchMsOf({ ttlSeconds }: Lifetime): number | null {
  return ttlSeconds === null ? null : Math.max(1, ttlSeconds * 1_000);
}

/** What tells a reader of it. */
export function lifetimeHeaders({ ttlSeconds, expiresAt }: Lifetime): Record<string, string> {
  return {
    ...(ttlSeconds === null ? {} : { "stream-ttl": String(ttlSeconds) }),
    ...(expiresAt === null ? {} : { "stream-expires-at": expiresAt }),
  };
}

function timeOf({ expiresAt }: Lifetime): number | null {
  return expiresAt === null ? null : Date.parse(expiresAt);
}
