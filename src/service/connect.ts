/**
 * From a URL to an open broker.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";

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
 * @returns The broker. Dispose of it (`await using`) when nothing uses it any more.
 * @throws {InvalidOptionError} When the URL is none of these.
 * @throws {BrokerUnavailableError} When it cannot be reached or opened.
 * @throws {AccessDeniedError} When it refuses the user, or this program lacks the permission.
 * @throws {BrokerUnsupportedError} When the server is too old, or the file is not one of Tidemark's.
 */
export async function connect(url: string): Promise<Broker> {
  if (/^rediss?:/.test(url)) {
    const { openRedisBroker } = await import("../brokers/redis/redis_broker.ts");
    return await openRedisBroker({ url });
  }
  if (url.startsWith("sqlite:")) {
    const { openSqliteBroker } = await import("../brokers/sqlite/sqlite_broker.ts");
    return await openSqliteBroker({ path: url.slice("sqlite:".length) });
  }
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0] ?? "none";
  throw new InvalidOptionError("url", `scheme ${scheme}`, "redis://, rediss:// or sqlite:");
}
