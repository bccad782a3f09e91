/**
 * From a URL to an open broker, or to a separate checkpoint store.
 *
 * @module
 */

import type { RedisTls } from "../brokers/redis/url.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { CheckpointStore } from "../ports/checkpoint_store.ts";

/** How to connect, beyond the URL. */
export interface ConnectOptions {
  /** Certificates for `rediss://`. The server's certificate is always checked. Default: what the system trusts. */
  readonly tls?: RedisTls;
  /** Whether `sqlite:` makes a file that is missing. It means nothing for Redis. Default `true`. */
  readonly createFile?: boolean;
  /** Ends the attempt to reach a server that does not answer yet. Later it means nothing. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a broker. The adapter is loaded only when it is asked for, so that SQLite users need no network permission and
 * Redis users none for files.
 *
 * @example Nothing to install, nothing left behind
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * assertEquals(broker.kind, "sqlite");
 * ```
 *
 * @param url `redis://[user:password@]host[:port][/db]`, `rediss://…` with TLS, `sqlite:path` or `sqlite::memory:`.
 * @param options `tls`: certificates; `createFile`: whether a missing file is made.
 * @returns The broker. Dispose of it (`await using`) when nothing uses it any more.
 * @throws {InvalidOptionError} When the URL is none of these.
 * @throws {BrokerUnavailableError} When it cannot be reached or opened.
 * @throws {AccessDeniedError} When it refuses the user.
 * @throws {PermissionMissingError} When this program lacks a permission of Deno; the message names it.
 * @throws {FileMissingError} When the file does not exist and `createFile` is `false`.
 * @throws {BrokerUnsupportedError} When the server is too old, or the file is not one of Tidemark's.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Broker> {
  if (/^rediss?:/.test(url)) {
    const { openRedisBroker } = await import("../brokers/redis/redis_broker.ts");
    const { createFile: _, ...rest } = options;
    return await openRedisBroker({ url, ...rest });
  }
  if (url.startsWith("sqlite:")) {
    const { openSqliteBroker } = await import("../brokers/sqlite/sqlite_broker.ts");
    const { createFile = true } = options;
    return await openSqliteBroker({ path: url.slice("sqlite:".length), createFile });
  }
  throw unknownScheme(url);
}

/**
 * Opens a separate checkpoint store for `StreamConsumer`'s option `checkpointStore`: a place on another Redis, or in
 * another SQLite file, that mirrors the checkpoint so that it outlives the stream's own server.
 *
 * @example A mirror in a file
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connectCheckpointStore } from "@tidemark/tidemark";
 *
 * await using store = await connectCheckpointStore("sqlite::memory:");
 * assertEquals(await store.load("orders", "billing"), null);
 * ```
 *
 * @param url As for {@linkcode connect}. A Redis that is down is no error: it is reported by the consumer.
 * @param options `tls`: certificates.
 * @returns The store. Dispose of it when no consumer uses it any more.
 * @throws {InvalidOptionError} When the URL is none of these.
 */
export async function connectCheckpointStore(
  url: string,
  options: Omit<ConnectOptions, "createFile"> = {},
): Promise<CheckpointStore> {
  if (/^rediss?:/.test(url)) {
    const { openRedisCheckpointStore } = await import(
      "../brokers/redis/redis_checkpoint_store.ts"
    );
    return openRedisCheckpointStore({ url, ...options });
  }
  if (url.startsWith("sqlite:")) {
    const { openSqliteCheckpointStore } = await import(
      "../brokers/sqlite/sqlite_checkpoint_store.ts"
    );
    return openSqliteCheckpointStore({ path: url.slice("sqlite:".length) });
  }
  throw unknownScheme(url);
}

/** Names only the scheme: the rest of a URL may hold a password. */
function unknownScheme(url: string): InvalidOptionError {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0] ?? "none";
  return new InvalidOptionError("url", `scheme ${scheme}`, "redis://, rediss:// or sqlite:");
}
