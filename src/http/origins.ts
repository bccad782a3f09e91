/**
 * From where requests may come: the names under which the server may be called (against DNS rebinding, S3) and the web
 * pages that may call it (S4).
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import { isHttpHost, isHttpOrigin } from "../domain/http_names.ts";

/** Which names and pages are allowed. */
export interface OriginOptions {
  /** What the server is bound to. */
  readonly hostname: string;
  /** The port that it listens at. */
  readonly port: number;
  /** Further values of the header Host, such as `events.example.com` or `10.0.0.5:8080`. */
  readonly allowedHosts?: readonly string[];
  /** Web pages of other origins that may call, such as `https://app.example.com`. */
  readonly allowedOrigins?: readonly string[];
}

/** The names of this machine that nobody else can take. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/** Where a bind reaches every address of the machine. */
const WILDCARDS = ["0.0.0.0", "::", "[::]"];

/** Knows the names and pages that are allowed. */
export class Origins {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  /**
   * Takes the names.
   *
   * @param options The names.
   * @throws {InvalidOptionError} For a host that is no host, or an origin that is none; `*` is none.
   */
  constructor({ hostname, port, allowedHosts = [], allowedOrigins = [] }: OriginOptions) {
    const own = WILDCARDS.includes(hostname) ? [] : [bracketed(hostname)];
    const names = [...LOOPBACK_NAMES, ...own];
    const hosts = names.flatMap((name) => port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]);
    this.#hosts = new Set([...hosts, ...allowedHosts.map(validHost)]);
    this.#origins = new Set(allowedOrigins.map(validOrigin));
  }

  /** Whether the server may be called by this name; `host` as in the header, with the port. */
  allowsHost(host: string): boolean {
    return this.#hosts.has(host.toLowerCase());
  }

  /** Whether a page of another origin was allowed by name. */
  allowsForeign(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /**
   * Whether a page may call: one of ours, or one that was allowed.
   *
   * @param origin The header Origin.
   * @param host The header Host, known to be allowed.
   */
  allowsOrigin(origin: string, host: string): boolean {
    // Behind a proxy that ends TLS our own pages have the scheme https.
    const isOwn = origin === `http://${host}` || origin === `https://${host}`;
    return isOwn || this.allowsForeign(origin);
  }
}

function bracketed(hostname: string): string {
  const name = hostname.toLowerCase();
  return name.includes(":") && !name.startsWith("[") ? `[${name}]` : name;
}

function validHost(host: string): string {
  if (!isHttpHost(host)) {
    throw new InvalidOptionError("allowedHosts", host, 'a host such as "events.example.com"');
  }
  return host.toLowerCase();
}

function validOrigin(origin: string): string {
  if (!isHttpOrigin(origin)) {
    const wanted = 'an origin such as "https://app.example.com"';
    throw new InvalidOptionError("allowedOrigins", origin, wanted);
  }
  return origin;
}
