/**
 * Runs a test on every broker: SQLite in memory, a SQLite file, and Redis on a server of its own.
 *
 * @module
 */

import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { startRedisServer } from "./redis_server.ts";

/** What a test gets. */
export interface BrokerUnderTest {
  /** An open broker. */
  readonly broker: Broker;
  /** Opens the same broker again, as another process would; the same one where it is only in memory. */
  readonly reopen: () => Promise<Broker>;
}

/** Defines one test per broker; `name` says the fact. */
export function testOnEachBroker(
  name: string,
  test: (given: BrokerUnderTest) => Promise<void>,
): void {
  Deno.test(`${name} (SQLite in memory)`, async () => {
    await using broker = await openSqliteBroker({ path: ":memory:" });
    await test({ broker, reopen: () => Promise.resolve(broker) });
  });
  Deno.test(`${name} (SQLite file)`, async () => {
    const dir = await Deno.makeTempDir({ prefix: "tidemark-" });
    try {
      const open = () => openSqliteBroker({ path: `${dir}/tidemark.db` });
      await using broker = await open();
      await test({ broker, reopen: open });
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  });
  Deno.test(`${name} (Redis)`, async () => {
    await using server = await startRedisServer({ appendonly: true });
    const open = () => openRedisBroker({ url: server.url });
    await using broker = await open();
    await test({ broker, reopen: open });
  });
}
