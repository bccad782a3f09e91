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
 * @param url `redis://[user:password@]host[:port][/db]`, `rediss://…` with TLS, `sqlite:path` or `sqlite::memory:`.
 * @throws {InvalidOptionError} When the URL is none of these.
 * @throws {BrokerUnavailableError} When it cannot be reached.
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
