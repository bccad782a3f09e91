/**
 * How ioredis is set up: nothing is queued while a connection is down, nothing is sent a second time behind our back, and
 * it comes back by itself (REDIS_FACTS section 4).
 *
 * @module
 */

import { isIP } from "node:net";
import type { RedisOptions } from "ioredis";
import { backoffMs, BROKER_BACKOFF } from "../../domain/backoff.ts";
import type { RedisAddress, RedisTls } from "./url.ts";

/** Where to connect to. */
export interface ClientSettings {
  /** Where and as whom. */
  readonly address: RedisAddress;
  /** Certificates. */
  readonly tls: RedisTls;
  /** How long one attempt to connect may take, in ms. */
  readonly connectTimeoutMs: number;
}

/** How long a closing socket may take to say goodbye, in ms; a half-open one never does. */
export const GOODBYE_MS = 100;

/** Between two questions whether a server has loaded its file, in ms. */
export const LOADING_POLL_MS = 200;

/** Between two probes of an idle connection, in ms: below the 60 s after which many firewalls forget it. */
const KEEP_ALIVE_MS = 30_000;

/** The options of ioredis that all of our connections share. */
export function clientOptions(settings: ClientSettings): RedisOptions {
  const { address, tls, connectTimeoutMs } = settings;
  const { ca, cert, key, serverName } = tls;
  return {
    host: address.host,
    port: address.port,
    db: address.db,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.encrypted
      ? {
        tls: {
          ...nameForTls(serverName ?? address.host),
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
        },
      }
      : {}),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // ioredis would leave it unsaid, and unhandled, that subscribing anew has failed.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    // By default a server that still loads its file is asked again only when it guesses to have done, at least a second on.
    maxLoadingRetryTime: LOADING_POLL_MS,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => backoffMs(attempt, { ...BROKER_BACKOFF, random: Math.random() }),
  };
}

/** TLS knows a server by its name; an address is checked against the certificate without one (RFC 6066, section 3). */
function nameForTls(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}
