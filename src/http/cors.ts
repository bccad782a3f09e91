/**
 * What browsers want to be told before a page of another origin may read an answer. Only pages that were allowed by name
 * are told anything, never `*`, and never with cookies (S4).
 *
 * @module
 */

/** Every method that a route can have. */
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";

/** Ten minutes: a change of the allowed pages is seen soon enough. */
const PREFLIGHT_AGE_S = 600;

/** Whether a browser asks in advance what a page may send. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && headers.has("access-control-request-method");
}

/** The answer to a browser that asks in advance, for a page that is allowed. */
export function preflightResponse(request: Request): Response {
  // The page is trusted by name, so it may send the headers it likes.
  const wanted = request.headers.get("access-control-request-headers") ?? "";
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": METHODS,
      "Access-Control-Allow-Headers": wanted.replace(/[^\w\-, ]/g, ""),
      "Access-Control-Max-Age": String(PREFLIGHT_AGE_S),
    },
  });
}

/**
 * Adds what a page of another origin needs to read an answer.
 *
 * @param headers Of the answer.
 * @param origin The page's origin, known to be allowed.
 */
export function allowOrigin(headers: Headers, origin: string): void {
  headers.set("Access-Control-Allow-Origin", origin);
  headers.set("Access-Control-Expose-Headers", "*");
  headers.set("Cross-Origin-Resource-Policy", "cross-origin");
}
