/**
 * Looks at every request before anything else does: size of the head, name of the host, origin of the page, token,
 * kind of the body. It decides by the request alone, so a test needs no server.
 *
 * The order is that of cost and of secrecy: what a stranger may not know comes after the token. Only a body's size
 * cannot be decided here, see `request_body.ts`.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { isLoopback } from "../domain/http_names.ts";
import { type BodyRule, bodyRuleOf, checkBodyRules } from "./body_rule.ts";
import type { HttpLimits } from "./http_limits.ts";
import { Origins } from "./origins.ts";
import type { Problem } from "./problem.ts";
import { type Access, type HttpTokens, TokenCheck } from "./tokens.ts";

/** What a guard is told. */
export interface GuardOptions {
  /** What the server is bound to. */
  readonly hostname: string;
  /** The port that it listens at. */
  readonly port: number;
  /** The bounds of a request's head. */
  readonly limits: Pick<HttpLimits, "headersMax" | "headerBytesMax" | "urlLengthMax">;
  /** The tokens; default none. */
  readonly tokens?: HttpTokens | undefined;
  /** Further values of Host that are ours. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Web pages of other origins that may call. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Where bodies may be more than JSON; default nowhere. */
  readonly bodyRules?: readonly BodyRule[] | undefined;
}

/** What a guard says of a request. */
export type Verdict =
  | { readonly allowed: true; readonly access: Access; readonly foreignOrigin: string | null }
  | { readonly allowed: false; readonly problem: Problem; readonly foreignOrigin: string | null };

/**
 * Those who watch over a service have no token; what they are told holds no names (see routes/health.ts). A browser cannot
 * send one for a page, and those of `/docs` and `/inspector` know nothing before their user has entered the token there.
 */
const OPEN_PATHS: readonly string[] = ["/health", "/ready", "/docs", "/inspector"];

/** Methods that change nothing. */
const READING_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Refuses to serve the whole network without a token (S2).
 *
 * @throws {InvalidOptionError} When it would.
 */
export function checkBinding(hostname: string, tokens: HttpTokens = {}): void {
  if (isLoopback(hostname) || new TokenCheck(tokens).isNeeded) return;
  const wanted = `127.0.0.1, or a token for reading and one for control`;
  throw new InvalidOptionError("hostname", hostname, wanted);
}

/** The guard of one server. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #origins: Origins;
  readonly #tokens: TokenCheck;

  /**
   * Takes the rules.
   *
   * @param options The rules.
   * @throws {InvalidOptionError} For a rule that cannot be kept.
   */
  constructor(options: GuardOptions) {
    const { hostname, port, tokens, allowedHosts = [], allowedOrigins = [] } = options;
    checkBinding(hostname, tokens);
    checkBodyRules(options.bodyRules ?? []);
    this.#options = options;
    this.#origins = new Origins({ hostname, port, allowedHosts, allowedOrigins });
    this.#tokens = new TokenCheck(tokens);
  }

  /**
   * Decides about a request. Does not read its body, never throws.
   *
   * @param request Any.
   */
  check(request: Request): Verdict {
    const origin = request.headers.get("origin");
    const problem = this.#headProblem(request) ?? this.#hostProblem(request) ??
      this.#originProblem(request);
    const isForeign = origin !== null && this.#origins.allowsForeign(origin);
    const foreignOrigin = isForeign ? origin : null;
    if (problem !== null) return { allowed: false, problem, foreignOrigin };
    const access = this.#tokens.accessOf(request.headers.get("authorization"));
    const refused = this.#tokenProblem(request, access) ?? this.#bodyProblem(request);
    return refused === null
      ? { allowed: true, access, foreignOrigin }
      : { allowed: false, problem: refused, foreignOrigin };
  }

  #headProblem({ headers, url }: Request): Problem | null {
    const { headersMax, headerBytesMax, urlLengthMax } = this.#options.limits;
    if (url.length > urlLengthMax) {
      const detail = `It may have ${urlLengthMax} characters at most`;
      return { status: 414, code: "URL_TOO_LONG", title: "The address is too long", detail };
    }
    let count = 0;
    let bytes = 0;
    for (const [name, value] of headers) {
      count++;
      bytes += name.length + value.length;
    }
    if (count <= headersMax && bytes <= headerBytesMax) return null;
    const detail = `There may be ${headersMax}, with ${headerBytesMax} bytes together`;
    return { status: 431, code: "HEADERS_TOO_LARGE", title: "There are too many headers", detail };
  }

  #hostProblem({ headers, url }: Request): Problem | null {
    // An address in absolute form, `GET http://evil.example/`, says another name than the header. HTTP/2 has no header
    // Host here and cannot be told from HTTP/1.0 without one, so both are refused; no browser speaks HTTP/2 without TLS.
    const called = URL.parse(url)?.host ?? "";
    const host = headers.get("host");
    if (host === null) {
      const title = "The header Host is missing";
      return { status: 400, code: "HOST_MISSING", title };
    }
    if (this.#origins.allowsHost(host) && this.#origins.allowsHost(withPort(called, host))) {
      return null;
    }
    const title = "The service may not be called by this name";
    const detail = "Add the name to the allowed hosts of the service if it is right";
    return { status: 403, code: "HOST_NOT_ALLOWED", title, detail };
  }

  #originProblem({ headers }: Request): Problem | null {
    const origin = headers.get("origin");
    const host = (headers.get("host") ?? "").toLowerCase();
    const isForeignPart = origin === null && headers.get("sec-fetch-site") === "cross-site" &&
      headers.get("sec-fetch-mode") !== "navigate";
    if (!isForeignPart && (origin === null || this.#origins.allowsOrigin(origin, host))) {
      return null;
    }
    const title = "Pages of this origin may not call the service";
    return { status: 403, code: "ORIGIN_NOT_ALLOWED", title };
  }

  #tokenProblem({ method, url, headers }: Request, access: Access): Problem | null {
    // A browser asks with OPTIONS, and without the token, whether it may send the token.
    const isOpen = method === "OPTIONS" || OPEN_PATHS.includes(writtenPath(url));
    const reads = READING_METHODS.includes(method);
    if (access === "control" || (reads && (isOpen || access === "read"))) return null;
    if (access === "read" || (!reads && !this.#tokens.canControl)) {
      const title = access === "read"
        ? "This token allows to read only"
        : "Nothing can be changed through this service";
      return { status: 403, code: "CONTROL_NOT_ALLOWED", title };
    }
    const wasGiven = headers.has("authorization");
    const challenge = `Bearer realm="tidemark"${wasGiven ? ', error="invalid_token"' : ""}`;
    const title = wasGiven ? "The token is not valid" : "A token is needed";
    return {
      status: 401,
      code: wasGiven ? "TOKEN_NOT_VALID" : "TOKEN_MISSING",
      title,
      headers: { "WWW-Authenticate": challenge },
    };
  }

  /** A form of another page can send three content types without asking (S5); JSON is none of them. */
  #bodyProblem(request: Request): Problem | null {
    const { method, headers } = request;
    if (READING_METHODS.includes(method)) return null;
    const encoding = headers.get("content-encoding") ?? "identity";
    if (encoding !== "identity") return wrongBody("A body may not be compressed");
    if (bodyRuleOf(request, this.#options.bodyRules ?? [])?.takesAnyType) return null;
    if (method !== "POST" && !hasBody(headers)) return null;
    const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
    return type === "application/json" ? null : wrongBody('Wanted "application/json"');
  }
}

/**
 * The path as it was sent. `URL` takes `/reports/../docs` for `/docs`, a router for whatever its patterns say: only what
 * both take for the same may be open.
 */
function writtenPath(url: string): string {
  return /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url)?.[1] ?? "";
}

/** `Request.body` does not tell: Deno.serve gives one to every request that is not GET or HEAD. */
function hasBody(headers: Headers): boolean {
  return headers.has("transfer-encoding") || (headers.get("content-length") ?? "0") !== "0";
}

/** `URL` leaves out port 80, which the header may say. */
function withPort(called: string, host: string): string {
  return `${called}:80` === host.toLowerCase() ? `${called}:80` : called;
}

function wrongBody(detail: string): Problem {
  return {
    status: 415,
    code: "CONTENT_TYPE_WRONG",
    title: "The kind of body does not fit",
    detail,
  };
}
