/**
 * The settings of a connection from a URL. A URL holds a password, and `new URL` repeats its whole input when it
 * refuses it (S28), so neither the text nor that error ever leaves this file.
 *
 * @module
 */

import { InvalidOptionError } from "../../domain/errors.ts";

/** Certificates for `rediss://`. The server's certificate is always verified (S29). */
export interface RedisTls {
  /** Certificates of authorities to trust instead of the system's, in PEM. */
  readonly ca?: string;
  /** Our own certificate, in PEM, where the server wants one. */
  readonly cert?: string;
  /** The key of our own certificate, in PEM. */
  readonly key?: string;
  /** The name that the server's certificate must bear; default the host of the URL. */
  readonly serverName?: string;
}

/** Where to connect and as whom. */
export interface RedisAddress {
  /** Host name or address. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
  /** Database number. */
  readonly db: number;
  /** ACL user. */
  readonly username?: string;
  /** Its password. Never shown. */
  readonly password?: string;
  /** Whether the connection is encrypted. */
  readonly encrypted: boolean;
  /** Scheme, host, port and database, for people. */
  readonly location: string;
}

const WANTED = "redis://[user:password@]host[:port][/db] or rediss://…";
const HIDDEN = "(not shown)";
const PORT_DEFAULT = 6379;

/**
 * Reads a URL.
 *
 * @throws {InvalidOptionError} When it is not one of Redis. Shows nothing of it.
 */
export function parseRedisUrl(text: string): RedisAddress {
  let url: URL;
  let username: string;
  let password: string;
  try {
    url = new URL(text);
    username = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw new InvalidOptionError("url", HIDDEN, WANTED);
  }
  const { protocol, pathname, search, hash } = url;
  if (protocol !== "redis:" && protocol !== "rediss:") {
    throw new InvalidOptionError("url", HIDDEN, WANTED);
  }
  const database = /^\/?(\d{0,5})$/.exec(pathname);
  if (database === null || url.hostname === "") {
    throw new InvalidOptionError("url", HIDDEN, WANTED);
  }
  if (search !== "" || hash !== "") {
    throw new InvalidOptionError("url", HIDDEN, `${WANTED} without a query`);
  }
  const db = Number(database[1]);
  const port = url.port === "" ? PORT_DEFAULT : Number(url.port);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    db,
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    encrypted: protocol === "rediss:",
    location: `${protocol}//${url.hostname}:${port}/${db}`,
  };
}
