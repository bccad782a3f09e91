/**
 * Pages of other origins: refused unless they are listed, because a browser sends along what makes it trusted. Without a
 * list there is no CORS header at all; with one, the page's own origin is answered and never `*`.
 *
 * @module
 */

import { InvalidOptionError } from "../../domain/errors.ts";
import { Problem } from "./problem.ts";

/** What pages may send beyond what every page may. */
const REQUEST_HEADERS = [
  "authorization",
  "content-type",
  "if-none-match",
  "producer-epoch",
  "producer-id",
  "producer-seq",
  "stream-closed",
  "stream-expires-at",
  "stream-fork-offset",
  "stream-fork-sub-offset",
  "stream-forked-from",
  "stream-seq",
  "stream-ttl",
].join(", ");

/** What pages may read of an answer beyond what every page may. */
const RESPONSE_HEADERS = [
  "etag",
  "location",
  "producer-epoch",
  "producer-expected-seq",
  "producer-received-seq",
  "producer-seq",
  "retry-after",
  "stream-closed",
  "stream-cursor",
  "stream-expires-at",
  "stream-next-offset",
  "stream-sse-data-encoding",
  "stream-ttl",
  "stream-up-to-date",
].join(", ");

/**
 * Checks a list of origins.
 *
 * @throws {InvalidOptionError} When one is none, such as `*`, or has a path.
 */
export function checkOrigins(origins: readonly string[]): readonly string[] {
  for (const origin of origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new InvalidOptionError("origins", origin, "origins such as https://example.org");
    }
  }
  return origins;
}

/**
 * What an answer tells the page that asked.
 *
 * @param request Of a page, or of a program, which has no origin.
 * @param origins Those allowed besides the server's own.
 * @throws {Problem} When it is a page of another origin (403).
 */
export function originHeaders(
  request: Request,
  origins: readonly string[],
): Readonly<Record<string, string>> {
  const policy = origins.length === 0 ? "same-origin" : "cross-origin";
  const headers = { "cross-origin-resource-policy": policy };
  const origin = request.headers.get("origin");
  const listed = origins.length === 0 ? headers : { ...headers, vary: "Origin" };
  if (origin === null) return listed;
  if (!origins.includes(origin)) {
    // Behind a proxy that ends TLS only the scheme differs.
    const own = URL.canParse(origin) && new URL(origin).host === new URL(request.url).host;
    if (own) return listed;
    throw new Problem("ORIGIN_NOT_ALLOWED", "Pages of that origin may not read or write here", {
      status: 403,
    });
  }
  return {
    ...listed,
    "access-control-allow-origin": origin,
    "access-control-expose-headers": RESPONSE_HEADERS,
  };
}

/** Answers the question of a browser whether a page may ask. @param methods Those that there are. */
export function preflight(methods: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      allow: methods,
      "access-control-allow-methods": methods,
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": "600",
    },
  });
}
